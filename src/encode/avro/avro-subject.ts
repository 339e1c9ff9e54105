import type { EncodeOptions } from '../encode-options.ts';

/**
 * The subject of a schema in the registry, by Confluent's strategies: TopicNameStrategy, RecordNameStrategy,
 * TopicRecordNameStrategy. `auto`: by the topic where it holds nothing else, else by topic and record.
 */
export function avroSubject(
  strategy: EncodeOptions['avroSubjectStrategy'],
  topic: string,
  record: { readonly fullName: string; readonly hasOwnTopic: boolean },
): string {
  const ofAuto = record.hasOwnTopic ? 'topic_name' : 'topic_record_name';
  switch (strategy === 'auto' ? ofAuto : strategy) {
    case 'topic_name':
      return `${topic}-value`;
    case 'record_name':
      return record.fullName;
    case 'topic_record_name':
      return `${topic}-${record.fullName}`;
  }
}
