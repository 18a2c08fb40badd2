import { type FileHandle, open } from 'node:fs/promises';

/** What waits is written after so long, or when it is so much. */
const flushMs = 400;
const flushBytes = 256 * 1024;

/**
 * A file that grows. Nothing here is waited for: what comes while the disk is busy stands in line.
 */
export class SegmentFile {
  readonly #path: string;
  readonly #onError: (error: unknown) => void;
  #handle: FileHandle | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Bytes given to the system that it has not yet taken. */
  #busyBytes = 0;
  #written = 0;
  #line: Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #failed = false;

  /** Makes the file; what hinders that is told like any other error. @param onError Told once: nothing is written any more. */
  constructor(path: string, onError: (error: unknown) => void) {
    this.#path = path;
    this.#onError = onError;
    this.#line = this.#guard(async () => {
      // Never one that is there: it may be all that is left of a recording.
      this.#handle = await open(this.#path, 'wx');
    });
  }

  /** Bytes that the system has taken. */
  get written(): number {
    return this.#written;
  }

  /** Bytes that it has not. */
  get pending(): number {
    return this.#waitingBytes + this.#busyBytes;
  }

  write(bytes: Uint8Array): void {
    if (this.#failed) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= flushBytes) this.#flush();
    else
      this.#timer ??= setTimeout(() => {
        this.#flush();
      }, flushMs);
  }

  /** Puts other bytes over the first ones. */
  overwrite(bytes: Uint8Array): void {
    this.#flush();
    this.#then(async (handle) => {
      await handle.write(bytes, 0, bytes.length, 0);
    });
  }

  /** Makes what was written safe against loss of power; resolves when it is, or has failed. */
  async sync(): Promise<void> {
    this.#flush();
    this.#then((handle) => handle.datasync());
    await this.#line;
  }

  /** Resolves when all is written, or has failed. */
  async close(): Promise<void> {
    this.#flush();
    this.#then((handle) => handle.datasync());
    await this.#line;
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waitingBytes === 0) return;
    const parts = this.#waiting;
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#busyBytes += bytes;
    this.#then(async (handle) => {
      await this.#append(handle, parts);
      this.#busyBytes -= bytes;
    });
  }

  async #append(handle: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
    const whole = Buffer.concat(parts);
    for (let at = 0; at < whole.length;) {
      const { bytesWritten } = await handle.write(whole, at, whole.length - at, this.#written);
      at += bytesWritten;
      this.#written += bytesWritten;
    }
  }

  #then(act: (handle: FileHandle) => Promise<void>): void {
    this.#line = this.#line.then(() =>
      this.#guard(async () => {
        if (this.#handle !== undefined && !this.#failed) await act(this.#handle);
      }),
    );
  }

  async #guard(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      this.#waiting = [];
      this.#waitingBytes = this.#busyBytes = 0;
      this.#onError(error);
    }
  }
}
