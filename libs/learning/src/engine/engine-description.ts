/** Engines that a site may train on. */
export const ENGINE_NAMES = ['wasm', 'native', 'webgpu'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What a site may ask for: one engine, or the fastest that computes right. */
export type EngineChoice = 'auto' | EngineName;

/** An engine that is there, as logs, status and metrics show it. */
export interface EngineDescription {
  readonly name: EngineName;
  /** Of what computes, for example `TensorFlow 2.21.0`: with the same study and seed it decides the bits of an update. */
  readonly version: string;
  /** What it computes on, for example `CPU, 1 thread`. */
  readonly devices: readonly string[];
}

/** What a process computes with at most. */
export interface EngineLimits {
  /** Threads of the native engine, at least 1; absent: as many as the machine has. WebAssembly has one in any case. */
  readonly threads?: number;
}
