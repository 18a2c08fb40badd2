import { PorticoError } from '../../common/contract/errors.ts';
import type { Ack } from './wire.ts';

/** Deepest nesting accepted: far more than any request needs, far less than what exhausts a stack. */
const maxDepth = 32;

export interface Arguments {
  input: unknown;
  /** Arguments beyond the one that requests have. */
  surplus: number;
  ack: Ack | undefined;
}

/** Sorts the arguments of an event: nothing or one value, then perhaps an acknowledgement. */
export function readArguments(args: readonly unknown[]): Arguments {
  const last = args.at(-1);
  const ack = typeof last === 'function' ? (last as Ack) : undefined;
  const values = ack === undefined ? args : args.slice(0, -1);
  return { input: values[0], surplus: Math.max(0, values.length - 1), ack };
}

/** @throws PorticoError `bad_request` when there is more than one argument, or it is nested too deeply. */
export function checkArguments({ input, surplus }: Arguments): void {
  if (surplus > 0) throw new PorticoError('bad_request', 'a request has one argument');
  if (isDeeper(input, maxDepth)) {
    throw new PorticoError('bad_request', `the request is nested deeper than ${maxDepth} levels`);
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  // Binary data has a key for every byte; schemas refuse it.
  if (ArrayBuffer.isView(value)) return false;
  return Object.values(value).some((member) => isDeeper(member, levels - 1));
}
