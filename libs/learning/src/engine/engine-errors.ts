import { ConsiliumError } from '@consilium/protocol';
import type { EngineName } from './engine-description.js';

const HOW_TO_GET: Record<EngineName, string> = {
  wasm: 'Install the packages again (npm ci).',
  native: 'Build it on this machine (npm run engine:native, with -- --cuda for an NVIDIA card), or set engine: auto in site.yaml.',
  webgpu: 'Install a Vulkan driver of the graphics card that this user may open, or set engine: auto in site.yaml.',
};

/** The engine is not there, or does not start on this machine. @param why - a clause without a full stop */
export const engineUnavailable = (name: EngineName, why: string, cause?: unknown): ConsiliumError =>
  new ConsiliumError({
    code: 'ENGINE_UNAVAILABLE',
    errorClass: 'failed',
    message: `The training engine ${name} is not available: ${why}.`,
    fix: HOW_TO_GET[name],
    cause,
  });

/** The engine computes, and not what it should. */
export const engineWrong = (name: EngineName, operations: readonly string[]): ConsiliumError =>
  new ConsiliumError({
    code: 'ENGINE_WRONG',
    errorClass: 'failed',
    message: `The training engine ${name} computes wrong results in its self-check: ${operations.join(', ')}.`,
    fix: 'Set engine: wasm in site.yaml, and update the driver or rebuild the engine before it is used again.',
  });
