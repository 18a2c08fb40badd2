import type { types as client } from 'mediasoup-client';
import type { Direction } from '../../../../common/contract/client.ts';
import type { Kind } from '../../../../common/contract/media.ts';

export type Figure = 'packetsReceived' | 'framesDecoded';

/** What a test asks of an endpoint. */
export type Command =
  | { do: 'load'; rtpCapabilities: unknown; send: unknown; recv: unknown }
  /** `still`: a picture of which no frame ever comes. */
  | { do: 'produce'; kind: Kind; still?: boolean }
  | { do: 'consume'; options: unknown }
  | { do: 'received'; kind: Kind; figure: Figure }
  | { do: 'restartIce'; direction: Direction; iceParameters: unknown }
  | { do: 'hush' };

/** What an endpoint asks of its portal. */
export type Question =
  | { ask: 'connect'; direction: Direction; dtlsParameters: client.DtlsParameters }
  | { ask: 'produce'; kind: Kind; rtpParameters: client.RtpParameters };

/** Either side asks; the other answers with the same id. */
export type Message<T> = { id: number; body: T } | { answer: number; value?: unknown; error?: string };

/** Requests and answers over the channel between two processes. */
export class Exchange<Mine, Theirs> {
  readonly #post: (message: Message<Mine>) => void;
  readonly #serve: (body: Theirs) => Promise<unknown>;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #lastId = 0;

  constructor(post: (message: Message<Mine>) => void, serve: (body: Theirs) => Promise<unknown>) {
    this.#post = post;
    this.#serve = serve;
  }

  /** Rejects when no answer comes within `limitMs`: the native library behind an endpoint may hang. */
  ask(body: Mine, limitMs = 20_000): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no answer within ${limitMs} ms to ${JSON.stringify(body).slice(0, 100)}`));
      }, limitMs).unref();
      const settle =
        <T>(end: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          end(value);
        };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#post({ id, body });
    });
  }

  /** Nothing will be answered any more. */
  fail(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }

  receive(message: Message<Theirs>): void {
    if ('answer' in message) {
      const waiting = this.#waiting.get(message.answer);
      this.#waiting.delete(message.answer);
      if (message.error === undefined) waiting?.resolve(message.value);
      else waiting?.reject(new Error(message.error));
      return;
    }
    this.#serve(message.body).then(
      (value) => {
        this.#post({ answer: message.id, value });
      },
      (error: unknown) => {
        this.#post({ answer: message.id, error: String(error) });
      },
    );
  }
}
