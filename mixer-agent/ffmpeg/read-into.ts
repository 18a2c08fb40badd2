import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** Room for the most that the system keeps for a reader, so that few reads are enough. */
const memoryBytes = 262_144;

/** One for all children of a process: what is read is used up before the next read. */
let memory: Uint8Array | undefined;

/** What a pipe of Node is made of. */
interface Handle {
  reading?: boolean;
  readStop?: () => unknown;
  useUserBuffer?: (bytes: Uint8Array) => unknown;
}

/**
 * Reads a pipe from a child into memory that is used again for each read. As a stream Node takes new memory of 64 kB for
 * each, which for raw pictures costs as much as copying them. Where Node does not let us, the stream is read as a stream.
 *
 * @param onChunk its argument is valid only during the call
 */
export function readInto(pipe: Readable, onChunk: (chunk: Uint8Array) => void): void {
  const owner = pipe as { _handle?: Handle | null };
  const handle = pipe instanceof Socket ? owner._handle : undefined;
  if (handle?.readStop === undefined || handle.useUserBuffer === undefined) {
    pipe.on('data', onChunk);
    return;
  }
  handle.readStop();
  handle.reading = false;
  // Only one of them may close it.
  owner._handle = null;
  const bytes = (memory ??= new Uint8Array(memoryBytes));
  const onread = {
    buffer: bytes,
    callback: (count: number) => {
      onChunk(bytes.subarray(0, count));
      return true;
    },
  };
  const reader = new Socket({ handle, onread, writable: false } as ConstructorParameters<typeof Socket>[0]);
  reader.on('error', () => undefined);
  // A child counts as closed when the pipe that it knows is.
  reader.on('close', () => pipe.destroy());
  pipe.on('close', () => reader.destroy());
  reader.resume();
}
