import { describe, expect, it } from 'vitest';

import { HeavisideError } from '../../../src/errors.ts';
import { loadConfigText, refusalOf } from '../../support/load-config-text.ts';

const kafka = 'user=maxwell\nkafka.bootstrap.servers=localhost:9092\n';

describe('refusal', () => {
  it('names every problem at once, with its place and the nearest name', () => {
    const file = 'kafka.lingr.ms=1\nport=abc\nkafka.acks=2\nproducer=kinesis\nreplay=true\nclient_id=a b\n';
    const env = { HEAVISIDE_KAFKA__BATCH_SIZ: '1', HEAVISIDE_HTTP_PORT: '99999' };
    expect(refusalOf({ file, env, argv: ['--lease_ttl', '1', 'stray', '--user'] })).toMatchInlineSnapshot(`
      "11 problems in the configuration:
        - argument 3 is no option: options are written --name value
        - ./config.properties:1: kafka.lingr.ms is unknown: did you mean kafka.linger.ms?
        - ./config.properties:2: port: "abc" is not a whole number
        - ./config.properties:3: kafka.acks: "2" is not one of all, -1, 1, 0
        - ./config.properties:4: producer: kinesis is a producer of Maxwell that Heaviside does not have: kafka, stdout, file
        - ./config.properties:5: replay is refused: Heaviside always keeps its position: start another client_id at init_position
        - ./config.properties:6: client_id: "a b" is not 1 to 200 of the characters A-Z a-z 0-9 . _ -
        - environment HEAVISIDE_KAFKA__BATCH_SIZ: kafka.batch_siz is unknown: did you mean kafka.batch.size?
        - environment HEAVISIDE_HTTP_PORT: http_port: "99999" is not 0 to 65535
        - --lease_ttl is unknown: did you mean lease_ttl_ms?
        - --user has no value: write --user NAME"
    `);
  });

  it('is a CONFIG_INVALID', () => {
    expect(() => loadConfigText({ file: 'port=x' })).toThrow(HeavisideError);
    expect(() => loadConfigText({ file: 'port=x' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it.each([
    ['javascript=f.js', 'cannot be read'],
    ['replay=true', 'position'],
    ['custom_producer.factory=x.Y', 'Java classes'],
    ['output_schema_id=true', 'schema store'],
    ['include_dbs=a', 'filter'],
    ['kafka.sasl.mechanism=GSSAPI', 'not supported'],
    ['kafka.ssl.truststore.type=JKS', 'PEM'],
    ['kafka.transactional.id=a', 'transactional_id'],
    ['env_config=NOT_SET', 'it is not set'],
    ['kafka_topic=a b', 'is not a topic'],
    ['kafka_topic=%{schema}', 'other than'],
    ['positions_topic=%{table}', 'is not a topic'],
    ['kafka.bootstrap.servers=localhost', 'has no port'],
    ['init_position=somewhere', 'not FILE:OFFSET'],
    ['a=\\u12', 'hexadecimal'],
  ])('refuses %s with the reason', (line, reason) => {
    expect(refusalOf({ file: kafka + line })).toContain(reason);
  });

  it.each(['replay=false', 'master_recovery=false', 'ignore_producer_error=false', 'binlog_heartbeat=true'])(
    'takes %s without a word',
    (line) => {
      expect(loadConfigText({ file: kafka + line }).warnings).toEqual([]);
    },
  );

  it.each([
    'kinesis_stream=a',
    'jgroups_config=raft.xml',
    'binlog_event_queue_size=1',
    'redis_host=a',
    'kafka.key.serializer=a.B',
    'kafka.partitioner.class=a.B',
    'schema_host=a',
    'ignore_producer_error=true',
    'kafka.ssl.protocol=TLSv1.3',
  ])('takes %s with one warning', (line) => {
    const { warnings } = loadConfigText({ file: kafka + line });
    expect(warnings).toEqual([expect.stringContaining(`${line.split('=')[0]} is ignored: `)]);
  });

  it('passes over what Kubernetes, tests and others put into the environment', () => {
    const env = {
      HEAVISIDE_SERVICE_HOST: '10.0.0.1',
      HEAVISIDE_PORT: 'tcp://10.0.0.1:8080',
      HEAVISIDE_PORT_8080_TCP_ADDR: '10.0.0.1',
      HEAVISIDE_METRICS_SERVICE_PORT_HTTP: '80',
      HEAVISIDE_FAILPOINTS: 'a',
      HEAVISIDE_FAILPOINT_FILE: 'a',
      HEAVISIDE_TEST_MYSQL: 'a',
      MAXWELL_HOME: '/opt',
    };
    const { config, warnings } = loadConfigText({ file: `${kafka}env_config_prefix=MAXWELL_`, env });
    expect(config.source.hosts).toEqual([{ host: 'localhost', port: 3306 }]);
    expect(warnings).toEqual([expect.stringContaining('MAXWELL_HOME: home is ignored')]);
    expect(
      loadConfigText({ file: kafka, env: { HEAVISIDE_PORT: '3307' } }).config.source.hosts[0]?.port,
    ).toBe(3307);
  });
});
