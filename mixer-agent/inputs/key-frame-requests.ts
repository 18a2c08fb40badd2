/** Least time between two requests of one track, ms: a sender answers each with a large picture. */
const intervalMs = 400;

/** Asks for key frames, but not too often: what is asked for too early is asked for as soon as it may be. */
export class KeyFrameRequests {
  readonly #request: () => void;
  /** Runs since the last request. */
  #timer: NodeJS.Timeout | undefined;
  #again = false;

  constructor(request: () => void) {
    this.#request = request;
  }

  ask(): void {
    if (this.#timer === undefined) this.#send();
    else this.#again = true;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = false;
  }

  #send(): void {
    this.#again = false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#again) this.#send();
    }, intervalMs);
    this.#request();
  }
}
