import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { HeavisideError, type ErrorCode } from '../../../src/errors.ts';
import {
  isCoordinatorRetriable,
  kafkaProtocolError,
  protocolCodeOf,
  toKafkaError,
} from '../../../src/kafka/kafka-errors.ts';

const require = createRequire(import.meta.url);
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error;
};
const errors = require('kafkajs/src/errors') as Record<
  string,
  new (message: string, options?: object) => Error
>;

function kafkaJsError(name: string): Error {
  const ErrorClass = errors[name];
  if (!ErrorClass) throw new Error(`kafkajs has no ${name}`);
  return new ErrorClass('told by kafkajs', { broker: 'b:1' });
}

describe('an error of Kafka', () => {
  it.each<[number, ErrorCode, string]>([
    [3, 'KAFKA_RETRIABLE', 'rebuild'],
    [6, 'KAFKA_RETRIABLE', 'rebuild'],
    [7, 'KAFKA_TIMEOUT', 'rebuild'],
    [10, 'KAFKA_RECORD_TOO_LARGE', 'blocked'],
    [18, 'KAFKA_RECORD_TOO_LARGE', 'blocked'],
    [19, 'KAFKA_RETRIABLE', 'rebuild'],
    [29, 'KAFKA_ACCESS_DENIED', 'wait'],
    [33, 'KAFKA_AUTHENTICATION', 'rebuild'],
    [45, 'KAFKA_RETRIABLE', 'rebuild'],
    [47, 'KAFKA_FENCED', 'step-down'],
    [49, 'KAFKA_RETRIABLE', 'rebuild'],
    [50, 'KAFKA_TRANSACTION_TIMEOUT_TOO_LARGE', 'exit'],
    [53, 'KAFKA_ACCESS_DENIED', 'wait'],
    [58, 'KAFKA_AUTHENTICATION', 'rebuild'],
    [76, 'KAFKA_UNSUPPORTED', 'exit'],
    [87, 'KAFKA_RECORD_REFUSED', 'blocked'],
    [90, 'KAFKA_FENCED', 'step-down'],
  ])('%i is %s (%s), told by a broker or through kafkajs', (number, code, reaction) => {
    expect(kafkaProtocolError(number, 'writing')).toMatchObject({ code, reaction, protocolCode: number });
    // kafkajs knows the codes up to 88; the others keep their number in the message alone.
    expect(toKafkaError(createErrorFromCode(number), 'writing')).toMatchObject({
      code,
      protocolCode: number,
    });
  });

  it.each<[string, ErrorCode]>([
    ['KafkaJSConnectionError', 'KAFKA_UNREACHABLE'],
    ['KafkaJSConnectionClosedError', 'KAFKA_UNREACHABLE'],
    ['KafkaJSRequestTimeoutError', 'KAFKA_TIMEOUT'],
    ['KafkaJSSASLAuthenticationError', 'KAFKA_AUTHENTICATION'],
    ['KafkaJSServerDoesNotSupportApiKey', 'KAFKA_UNSUPPORTED'],
  ])('%s is %s', (name, code) => {
    expect(toKafkaError(kafkaJsError(name), 'writing').code).toBe(code);
  });

  it('tells an account or a password in no message', () => {
    const told = toKafkaError(kafkaJsError('KafkaJSSASLAuthenticationError'), 'connecting');
    expect(told.message).toBe('connecting: authentication refused by the broker');
  });

  it('of ours passes through', () => {
    const lost = new HeavisideError('LEASE_LOST', 'x');
    expect(toKafkaError(lost, 'writing')).toBe(lost);
    expect(protocolCodeOf(lost)).toBeNull();
  });

  it('is asked again only where a coordinator moves or ends a transaction', () => {
    const asked = [3, 6, 14, 15, 16, 47, 48, 51, 90].filter((code) =>
      isCoordinatorRetriable(createErrorFromCode(code)),
    );
    expect(asked).toEqual([14, 15, 16, 51]);
    expect(isCoordinatorRetriable(kafkaProtocolError(51, 'x'))).toBe(true);
    expect(isCoordinatorRetriable(new Error('51'))).toBe(false);
  });
});
