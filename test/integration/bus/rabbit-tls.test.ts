import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { promisify } from 'node:util';
import { RabbitBus } from '../../../common/bus/rabbit-bus.ts';
import { sharedRabbit } from '../../support/rabbitmq.ts';

const run = promisify(execFile);

describe('RabbitMQ bus over TLS', () => {
  let broker: Awaited<ReturnType<typeof sharedRabbit>>;
  let folder: string;
  let server: Server;
  let url: string;

  before(async () => {
    broker = await sharedRabbit();
    folder = await mkdtemp(join(tmpdir(), 'portico-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const subject = [
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
    ];
    await run('openssl', [...request, ...subject, '-keyout', key, '-out', cert]);
    server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (socket) => {
      const upstream = connect(Number(new URL(broker.url).port), '127.0.0.1');
      socket.pipe(upstream).pipe(socket);
      for (const one of [socket, upstream]) one.setNoDelay(true);
      for (const one of [socket, upstream]) one.on('error', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `amqps://guest:guest@127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await once(server.close(), 'close');
    await rm(folder, { recursive: true });
    await broker.stop();
  });

  const works = async (address: string): Promise<void> => {
    const bus = await RabbitBus.connect({ url: address, heartbeatSec: 5, prefix: `tls-${process.pid}` });
    await bus.serve('tls.echo', (params) => Promise.resolve(params));
    assert.equal(await bus.call('tls.echo', 'x', 'safe'), 'safe');
    await bus.close();
  };

  it('works when the certificate is signed by the given authority', async () => {
    await works(`${url}/?cacertfile=${encodeURIComponent(join(folder, 'cert.pem'))}`);
  });

  it('works with any certificate when asked to', async () => {
    await works(`${url}/?verify=verify_none`);
  });

  it('refuses a certificate that nobody vouches for', async () => {
    await assert.rejects(RabbitBus.connect({ url, heartbeatSec: 5, connectTimeoutMs: 0 }), {
      code: 'unavailable',
      message: /self-signed certificate/,
    });
  });
});
