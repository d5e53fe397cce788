export type { Line } from './client-stream.js';
export { EventStreams, STREAM_LIMITS, type StreamLimits } from './event-streams.js';
export { LevelVersions } from './level-versions.js';
export { seenOf, StreamEvent } from './stream-event.js';
export type { StreamSources } from './stream-sources.js';
export { readTopics, type Topic } from './topics.js';
