// kafkajs 2.2.4 has no exports map; these inner modules carry its connections, authentication and request definitions.
declare module 'kafkajs/src/broker/index.js' {
  export default class Broker {
    constructor(options: {
      connectionPool: import('kafkajs/src/network/connectionPool.js').default;
      logger: import('kafkajs/src/loggers/index.js').KafkaLogger;
      nodeId?: number;
      authenticationTimeout?: number;
      allowAutoTopicCreation?: boolean;
    });
    connectionPool: import('kafkajs/src/network/connectionPool.js').default;
    versions: Record<number, { minVersion: number; maxVersion: number }> | null;
    isConnected(): boolean;
    connect(): Promise<void>;
    findGroupCoordinator(options: {
      groupId: string;
      coordinatorType: number;
    }): Promise<{ coordinator: { nodeId: number; host: string; port: number } }>;
    initProducerId(options: {
      transactionalId: string | null;
      transactionTimeout: number;
    }): Promise<{ producerId: string; producerEpoch: number }>;
    endTxn(options: {
      transactionalId: string;
      producerId: string;
      producerEpoch: number;
      transactionResult: boolean;
    }): Promise<unknown>;
    listOffsets(options: {
      replicaId?: number;
      isolationLevel: number;
      topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[];
    }): Promise<{
      responses: { topic: string; partitions: { partition: number; errorCode: number; offset: string }[] }[];
    }>;
    createTopics(options: {
      topics: {
        topic: string;
        numPartitions: number;
        replicationFactor: number;
        configEntries: { name: string; value: string }[];
      }[];
      validateOnly?: boolean;
      timeout?: number;
    }): Promise<unknown>;
    describeConfigs(options: {
      resources: { type: number; name: string; configNames?: string[] }[];
    }): Promise<{
      resources: { resourceName: string; configEntries: { configName: string; configValue: string }[] }[];
    }>;
  }
}

declare module 'kafkajs/src/network/connectionPool.js' {
  export default class ConnectionPool {
    constructor(options: object);
    host: string;
    port: number;
    pool: Connection[];
    getConnectionByRequest(protocolRequest: { request: { apiKey: number } }): Promise<Connection>;
  }

  interface Connection {
    /** Not there before the first connect. */
    socket: import('node:net').Socket;
    clientId: string;
    connectionStatus: string;
    connect(): Promise<unknown>;
    isAuthenticated(): boolean;
    authenticate(): Promise<void>;
    failIfNotConnected(): void;
    nextCorrelationId(): number;
    requestQueue: {
      push(pushed: {
        entry: {
          apiKey: number;
          apiVersion: number;
          apiName: string;
          correlationId: number;
          resolve: (answer: { payload: Buffer }) => void;
          reject: (error: Error) => void;
        };
        expectResponse: boolean;
        requestTimeout: number | null;
        sendRequest: () => void;
      }): void;
      rejectAll(error: Error): void;
      destroy(): void;
    };
  }
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    pending: unknown[];
    scheduleCheckPendingRequests(): void;
  }
}

declare module 'kafkajs/src/loggers/index.js' {
  export interface KafkaLogger {
    namespace(name: string): KafkaLogger;
  }
  const loggers: {
    createLogger(options: {
      level: number;
      logCreator: (level: number) => (entry: unknown) => void;
    }): KafkaLogger;
    LEVELS: { NOTHING: number; ERROR: number; WARN: number; INFO: number; DEBUG: number };
  };
  export default loggers;
}

declare module 'kafkajs/package.json' {
  const manifest: { version: string };
  export default manifest;
}
