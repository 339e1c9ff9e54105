import { parseJaasLogin } from '../jaas.ts';
import { choice, secret, text } from '../option-type.ts';
import { option, optional } from '../option.ts';

const storeTypes = ['PEM'] as const;
const refusedStores = Object.fromEntries(
  ['jks', 'pkcs12'].map((type) => [
    type,
    `${type.toUpperCase()} stores are of Java: export the certificates as PEM (keytool -exportcert -rfc, openssl pkcs12)`,
  ]),
);
const javaMechanism = (name: string): string =>
  `${name} is not supported: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512`;

const identificationProblem = (value: string): string | undefined =>
  /^(https)?$/iu.test(value) ? undefined : `"${value}" is neither https nor empty`;

/** Encryption and authentication towards the brokers; certificates are PEM. */
export const kafkaSecurityOptions = {
  'kafka.security.protocol': option(choice(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']), 'PLAINTEXT', {
    summary: 'Whether the brokers are spoken to by TLS, with a login, or both.',
    origin: 'kafka',
  }),
  'kafka.ssl.ca.location': optional(text('PATH'), {
    summary: 'PEM file with the authorities that the certificates of the brokers are checked against.',
    derived: "kafka.ssl.truststore.location, or the runtime's own authorities",
    origin: 'kafka',
  }),
  'kafka.ssl.truststore.location': optional(text('PATH'), {
    summary: "Java's name for kafka.ssl.ca.location; a PEM file.",
    origin: 'kafka',
  }),
  'kafka.ssl.truststore.certificates': optional(text('PEM'), {
    summary: 'The authorities as PEM text.',
    origin: 'kafka',
  }),
  'kafka.ssl.truststore.type': option(choice(storeTypes, refusedStores), 'PEM', {
    summary: 'Form of the trust store.',
    origin: 'kafka',
  }),
  'kafka.ssl.keystore.location': optional(text('PATH'), {
    summary: 'PEM file with our key and certificate chain.',
    origin: 'kafka',
  }),
  'kafka.ssl.keystore.certificate.chain': optional(text('PEM'), {
    summary: 'Our certificate chain as PEM text.',
    origin: 'kafka',
  }),
  'kafka.ssl.keystore.key': optional(secret(), { summary: 'Our key as PEM text.', origin: 'kafka' }),
  'kafka.ssl.keystore.type': option(choice(storeTypes, refusedStores), 'PEM', {
    summary: 'Form of the key store.',
    origin: 'kafka',
  }),
  'kafka.ssl.certificate.location': optional(text('PATH'), {
    summary: 'PEM file with our certificate chain.',
    derived: 'kafka.ssl.keystore.location',
    origin: 'heaviside',
  }),
  'kafka.ssl.key.location': optional(text('PATH'), {
    summary: 'PEM file with our key.',
    derived: 'kafka.ssl.keystore.location',
    origin: 'heaviside',
  }),
  'kafka.ssl.key.password': optional(secret(), { summary: 'Password of our key.', origin: 'kafka' }),
  'kafka.ssl.keystore.password': optional(secret(), {
    summary: "Java's other name for the password of our key.",
    origin: 'kafka',
  }),
  'kafka.ssl.endpoint.identification.algorithm': option(text('https', identificationProblem), 'https', {
    summary:
      'https checks the host names of the brokers against their certificates; an empty value does not.',
    origin: 'kafka',
    emptyIsValue: true,
  }),
  'kafka.sasl.mechanism': optional(
    choice(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'], {
      gssapi: javaMechanism('GSSAPI'),
      oauthbearer: javaMechanism('OAUTHBEARER'),
    }),
    {
      summary: 'How a SASL login is made.',
      derived: 'by the login module of kafka.sasl.jaas.config, otherwise PLAIN',
      origin: 'kafka',
    },
  ),
  'kafka.sasl.username': optional(text('NAME'), {
    summary: 'Account of the SASL login.',
    origin: 'heaviside',
  }),
  'kafka.sasl.password': optional(secret(), { summary: 'Password of the SASL login.', origin: 'heaviside' }),
  'kafka.sasl.jaas.config': optional(
    { ...secret(), parse: parseJaasLogin },
    {
      summary:
        'The login as Java writes it: PlainLoginModule or ScramLoginModule with username and password.',
      origin: 'kafka',
    },
  ),
} as const;
