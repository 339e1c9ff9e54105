import type { ConnectionOptions } from 'node:tls';
import type { Config } from '../config/config.ts';
import { KafkaNetwork } from '../kafka/kafka-network.ts';
import { KnownBrokers } from '../kafka/known-brokers.ts';
import type { KafkaConnectionOptions, KafkaSasl } from '../kafka/kafkajs-driver.ts';
import type { TransactionalSessionOptions } from '../kafka/transactional-session.ts';
import type { ProduceOptions } from '../kafka/produce-request.ts';
import type { Log } from '../observability/log.ts';
import { pemReader } from './read-pem.ts';

/** A request of the transaction protocol is answered within milliseconds; a longer wait only delays the look at what it did. */
const transactionRequestTimeoutMs = 3000;

/** The options of TLS as the files have them at each call. */
function tlsReader({ tls }: Config['kafka']): () => ConnectionOptions | null {
  if (!tls) return () => null;
  const { caPem, certificatePem, keyPem, keyPassword } = tls;
  // A file beside the text of the same thing is not read, and need not be there.
  const readCa = caPem === null ? pemReader(tls.caPath) : () => caPem;
  const readCert = certificatePem === null ? pemReader(tls.certificatePath) : () => certificatePem;
  const readKey = keyPem === null ? pemReader(tls.keyPath) : () => keyPem.reveal();
  return () => {
    const [ca, cert, key] = [readCa(), readCert(), readKey()];
    return {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(keyPassword ? { passphrase: keyPassword.reveal() } : {}),
      ...(tls.verifiesHostname ? {} : { checkServerIdentity: () => undefined }),
    };
  };
}

function saslOptions({ login }: Config['kafka']): KafkaSasl | null {
  if (!login) return null;
  const mechanism = login.mechanism.toLowerCase() as KafkaSasl['mechanism'];
  return { mechanism, username: login.username, password: login.password.reveal() };
}

/**
 * A factory of connections as the configuration says; each leadership, each producer and each look-up has its own.
 * @param onAuthenticationFailed called for each login that a broker refuses
 */
export function kafkaNetworkFactory(
  config: Config,
  log: Log,
  onAuthenticationFailed: () => void = () => undefined,
): () => KafkaNetwork {
  const { kafka } = config;
  const readTls = tlsReader(kafka);
  const options: KafkaConnectionOptions = {
    brokers: kafka.bootstrapServers,
    clientId: kafka.clientId,
    get ssl() {
      return readTls();
    },
    get sasl() {
      return saslOptions(kafka);
    },
    onAuthenticationFailed,
    connectionTimeoutMs: Math.min(5000, kafka.requestTimeoutMs),
    requestTimeoutMs: requestTimeoutMs(config),
    onLog: (_level, message) => log.debug({}, `kafkajs: ${message}`),
  };
  const known = new KnownBrokers(options.brokers);
  return () => new KafkaNetwork(options, known);
}

/** Under exactly_once an answer that is late is looked up in the positions topic, so nothing is gained by a long wait. */
function requestTimeoutMs({ kafka, producer }: Config): number {
  if (producer.delivery === 'at_least_once') return kafka.requestTimeoutMs;
  return Math.min(
    kafka.requestTimeoutMs,
    Math.max(transactionRequestTimeoutMs, kafka.transaction.timeoutMs / 3),
  );
}

export function sessionOptions(
  config: Config,
  onRequest?: ProduceOptions['onRequest'],
): TransactionalSessionOptions {
  const { kafka } = config;
  return {
    transactionalId: kafka.transaction.id,
    transactionTimeoutMs: kafka.transaction.timeoutMs,
    deadlineMs: kafka.transaction.timeoutMs,
    produceTimeoutMs: Math.floor(requestTimeoutMs(config) * 0.8),
    maxRequestBytes: kafka.maxRequestBytes,
    maxInFlight: kafka.isSync ? 1 : Math.min(5, kafka.maxInFlightRequests),
    ...(onRequest ? { onRequest } : {}),
  };
}
