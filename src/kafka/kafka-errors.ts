import { HeavisideError, type ErrorCode } from '../errors.ts';
import { isTlsError } from '../tls-error.ts';

/** Error codes of the protocol that steer us (https://kafka.apache.org/protocol#protocol_error_codes). */
export const kafkaError = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeaderOrFollower: 6,
  requestTimedOut: 7,
  messageTooLarge: 10,
  coordinatorLoadInProgress: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  invalidTopic: 17,
  recordListTooLarge: 18,
  invalidRequiredAcks: 21,
  topicAuthorizationFailed: 29,
  clusterAuthorizationFailed: 31,
  unsupportedSaslMechanism: 33,
  unsupportedVersion: 35,
  topicAlreadyExists: 36,
  invalidReplicationFactor: 38,
  invalidRequest: 42,
  unsupportedForMessageFormat: 43,
  policyViolation: 44,
  outOfOrderSequence: 45,
  invalidProducerEpoch: 47,
  invalidTxnState: 48,
  invalidProducerIdMapping: 49,
  invalidTransactionTimeout: 50,
  concurrentTransactions: 51,
  transactionalIdAuthorizationFailed: 53,
  operationNotAttempted: 55,
  saslAuthenticationFailed: 58,
  unsupportedCompressionType: 76,
  invalidRecord: 87,
  producerFenced: 90,
} as const;

/** Codes that pass by themselves while a coordinator moves or a predecessor's markers are written. */
const coordinatorRetriable = new Set<number>([
  kafkaError.coordinatorLoadInProgress,
  kafkaError.coordinatorNotAvailable,
  kafkaError.notCoordinator,
  kafkaError.concurrentTransactions,
]);

const codeTable = new Map<number, ErrorCode>([
  [kafkaError.messageTooLarge, 'KAFKA_RECORD_TOO_LARGE'],
  [kafkaError.recordListTooLarge, 'KAFKA_RECORD_TOO_LARGE'],
  [kafkaError.invalidTopic, 'KAFKA_TOPIC_INVALID'],
  [kafkaError.topicAuthorizationFailed, 'KAFKA_ACCESS_DENIED'],
  [kafkaError.clusterAuthorizationFailed, 'KAFKA_ACCESS_DENIED'],
  [kafkaError.transactionalIdAuthorizationFailed, 'KAFKA_ACCESS_DENIED'],
  [kafkaError.invalidProducerEpoch, 'KAFKA_FENCED'],
  [kafkaError.producerFenced, 'KAFKA_FENCED'],
  [kafkaError.unsupportedSaslMechanism, 'KAFKA_AUTHENTICATION'],
  [kafkaError.saslAuthenticationFailed, 'KAFKA_AUTHENTICATION'],
  [kafkaError.invalidRequiredAcks, 'KAFKA_UNSUPPORTED'],
  [kafkaError.unsupportedVersion, 'KAFKA_UNSUPPORTED'],
  [kafkaError.invalidRequest, 'KAFKA_UNSUPPORTED'],
  [kafkaError.unsupportedForMessageFormat, 'KAFKA_UNSUPPORTED'],
  [kafkaError.unsupportedCompressionType, 'KAFKA_UNSUPPORTED'],
  [kafkaError.invalidRecord, 'KAFKA_RECORD_REFUSED'],
  [kafkaError.policyViolation, 'KAFKA_RECORD_REFUSED'],
  [kafkaError.invalidTransactionTimeout, 'KAFKA_TRANSACTION_TIMEOUT_TOO_LARGE'],
  [kafkaError.requestTimedOut, 'KAFKA_TIMEOUT'],
]);

/** What a broker answered, with the protocol's number. */
export class KafkaProtocolError extends HeavisideError {
  readonly protocolCode: number;

  constructor(code: ErrorCode, message: string, protocolCode: number) {
    super(code, message);
    this.protocolCode = protocolCode;
  }
}

/** What a request asks of the authorizer: an error says which ACL is missing. */
export interface RequiredAcl {
  /** Operation on a topic: `Write on Topic orders`. */
  readonly topic?: string;
  readonly transactionalId?: string;
}

function missingAcl(code: number, { topic, transactionalId }: RequiredAcl): string | undefined {
  if (code === kafkaError.topicAuthorizationFailed) return topic;
  if (code === kafkaError.transactionalIdAuthorizationFailed)
    return `Describe and Write on TransactionalId${transactionalId === undefined ? '' : ` ${transactionalId}`}`;
  if (code === kafkaError.clusterAuthorizationFailed) return 'IdempotentWrite on Cluster';
  return undefined;
}

/** An error for a code that a broker answered; what the table does not name is retriable by the one way. */
export function kafkaProtocolError(code: number, what: string, acl: RequiredAcl = {}): KafkaProtocolError {
  const missing = missingAcl(code, acl);
  const text =
    missing === undefined
      ? `${what}: error ${code} from the broker`
      : `${what}: the account lacks the ACL ${missing} (error ${code})`;
  return new KafkaProtocolError(codeTable.get(code) ?? 'KAFKA_RETRIABLE', text, code);
}

/** The protocol's code in an error of kafkajs or of ours, or null where it is none. */
export function protocolCodeOf(error: unknown): number | null {
  if (error instanceof KafkaProtocolError) return error.protocolCode;
  if (!(error instanceof Error)) return null;
  const { name, code, message } = error as Error & { code?: unknown };
  if (name !== 'KafkaJSProtocolError' && name !== 'KafkaJSCreateTopicError') return null;
  const unknown = /Unknown error code (\d+)/.exec(message);
  if (unknown) return Number(unknown[1]);
  return typeof code === 'number' ? code : null;
}

export function isCoordinatorRetriable(error: unknown): boolean {
  const code = protocolCodeOf(error);
  return code !== null && coordinatorRetriable.has(code);
}

/** Maps whatever kafkajs threw to an error of ours. */
export function toKafkaError(error: unknown, what: string, acl: RequiredAcl = {}): HeavisideError {
  if (error instanceof HeavisideError) return error;
  const code = protocolCodeOf(error);
  if (code !== null) return kafkaProtocolError(code, what, acl);
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  if (name === 'KafkaJSSASLAuthenticationError') {
    // The broker's own words may name the account; kafkajs's of a mechanism do not.
    const [reason] = /SASL \S+ mechanism is not supported by the server/.exec(message) ?? [];
    const text = `${what}: authentication refused by the broker${reason === undefined ? '' : `: ${reason}`}`;
    return new HeavisideError('KAFKA_AUTHENTICATION', text);
  }
  if (isTlsError(error)) return new HeavisideError('KAFKA_TLS', `${what}: ${message}`, { cause: error });
  if (name === 'KafkaJSRequestTimeoutError')
    return new HeavisideError('KAFKA_TIMEOUT', `${what}: ${message}`);
  if (name === 'KafkaJSServerDoesNotSupportApiKey') {
    return new HeavisideError('KAFKA_UNSUPPORTED', `${what}: ${message}`);
  }
  return new HeavisideError('KAFKA_UNREACHABLE', `${what}: ${message}`, { cause: error });
}
