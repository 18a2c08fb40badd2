import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, getCACertificates, setDefaultCACertificates, type Server } from 'node:tls';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** TLS in front of a server on loopback, with a certificate for `localhost` that it has signed itself. */
export class TlsFront {
  readonly port: number;
  readonly #server: Server;
  readonly #certificate: string;
  /** Names that clients asked for (SNI). */
  readonly names: (string | false | null)[] = [];

  static async open(target: number): Promise<TlsFront> {
    const folder = await mkdtemp(join(tmpdir(), 'portico-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
    await run('openssl', [...request, ...subject, '-keyout', key, '-out', cert]);
    const certificate = await readFile(cert, 'utf8');
    const server = createServer({ key: await readFile(key), cert: certificate });
    await rm(folder, { recursive: true, force: true });
    const front = new TlsFront(server, certificate, target);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return Object.assign(front, { port: (server.address() as AddressInfo).port });
  }

  private constructor(server: Server, certificate: string, target: number) {
    this.port = 0;
    this.#server = server;
    this.#certificate = certificate;
    server.on('secureConnection', (client) => {
      this.names.push(client.servername);
      const far = connect(target, '127.0.0.1');
      for (const socket of [client, far]) socket.on('error', () => undefined);
      far.once('close', () => client.destroy());
      client.once('close', () => far.destroy());
      client.pipe(far).pipe(client);
    });
    server.on('tlsClientError', () => undefined);
  }

  /** This process takes its certificate from now on; returns what takes that back. */
  trust(): () => void {
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, this.#certificate]);
    return () => {
      setDefaultCACertificates(before);
    };
  }

  close(): void {
    this.#server.close();
  }
}
