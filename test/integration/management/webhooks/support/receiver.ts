import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A post as it arrived. */
export interface Received {
  path: string;
  body: string;
  /** Of the event, when the body has one. */
  id: string;
  type: string;
  room: string;
  authorization: string | undefined;
  headers: IncomingMessage['headers'];
  /** `performance.now()` at its arrival. */
  at: number;
}

/** What a receiver does with a post; the default takes it (204). */
export type Behaviour = (post: Received, response: ServerResponse) => void;

const take: Behaviour = (_post, response) => {
  response.writeHead(204).end();
};

/** Answers with a status. */
export const answer =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (_post, response) => {
    response.writeHead(status, headers).end();
  };

/** Never answers. */
export const hang: Behaviour = () => undefined;

/** A real HTTP server that webhooks are posted to, and that behaves as badly as it is told. */
export class Receiver {
  readonly #server: Server;
  readonly posts: Received[] = [];
  /** What it took (2xx), in the order of the answers. */
  readonly taken: Received[] = [];
  behave: Behaviour = take;

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(port, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#receive(request, response);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Data of what was taken from a room, by id of the event, in order. */
  takenOf(room: string): string[] {
    return this.taken.filter((post) => post.room === room).map(({ id }) => id);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = performance.now();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { id = '', type = '', room = '' } = JSON.parse(body) as Partial<Received>;
    const { headers, url: path = '' } = request;
    const post = { path, body, id, type, room, authorization: headers.authorization, headers, at };
    this.posts.push(post);
    response.on('finish', () => {
      if (response.statusCode < 300) this.taken.push(post);
    });
    this.behave(post, response);
  }
}
