import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A web server on loopback that takes files by PUT and POST and gives them out again. */
export class UploadServer {
  readonly port: number;
  /** What it has, by path. */
  readonly files = new Map<string, Buffer>();
  /** `PUT /a/b?query`, in order. */
  readonly requests: string[] = [];
  /** Answers this instead of taking anything. */
  refusal: number | undefined;
  /** Sends elsewhere instead of taking anything. */
  redirect: string | undefined;
  readonly #server: Server;

  static async start(): Promise<UploadServer> {
    const holder: { taker?: UploadServer } = {};
    const server = createServer((request, response) => {
      void holder.taker?.take(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    holder.taker = new UploadServer(server, (server.address() as { port: number }).port);
    return holder.taker;
  }

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Names of files of a kind, in the order in which they came. */
  names(extension: string): string[] {
    return [...this.files.keys()].filter((name) => name.endsWith(extension));
  }

  text(path: string): string {
    return this.files.get(path)?.toString('utf8') ?? '';
  }

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (this.redirect !== undefined) response.setHeader('location', this.redirect);
    const status = this.redirect === undefined ? this.refusal : 302;
    if (status === undefined)
      response.statusCode = this.#do(request.method ?? '', path, Buffer.concat(parts));
    else response.statusCode = status;
    response.end(request.method === 'GET' ? this.files.get(path) : undefined);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #do(method: string, path: string, body: Buffer): number {
    if (method === 'GET') return this.files.has(path) ? 200 : 404;
    if (method === 'DELETE') return this.files.delete(path) ? 204 : 404;
    this.files.set(path, body);
    return 201;
  }
}
