/** No line of it is longer. */
const lineLimit = 4_096;

/** Reads what FFmpeg says with `-progress`: lines of `name=value`, a block each time. */
export class FfmpegProgress {
  #carry = '';
  #bytes = 0;
  #timeMs = 0;

  /** Bytes that it has written; 0: it does not say. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Media time that it has written, ms. */
  get timeMs(): number {
    return this.#timeMs;
  }

  push(chunk: Uint8Array): void {
    const lines = (this.#carry + Buffer.from(chunk).toString('latin1')).split('\n');
    this.#carry = (lines.pop() ?? '').slice(0, lineLimit);
    for (const line of lines) this.#read(line);
  }

  #read(line: string): void {
    const [, name, digits] = /^(total_size|out_time_us)=(\d+)$/.exec(line) ?? [];
    if (name === 'total_size') this.#bytes = Number(digits);
    else if (name !== undefined) this.#timeMs = Number(digits) / 1_000;
  }
}
