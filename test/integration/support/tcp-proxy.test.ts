import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/until.ts';

describe('the proxy that breaks connections', () => {
  let server: Server;
  let proxy: TcpProxy;
  const accepted: Socket[] = [];
  beforeEach(async () => {
    server = createServer((socket) => {
      accepted.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => socket.write(chunk));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await TcpProxy.listen((server.address() as AddressInfo).port);
  });
  afterEach(async () => {
    for (const socket of accepted.splice(0)) socket.destroy();
    await proxy.close();
    await once(server.close(), 'close');
  });

  const open = async () => {
    const socket = connect(proxy.port, '127.0.0.1');
    const heard: string[] = [];
    socket.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return { socket, text: () => heard.join('') };
  };
  const echoes = async ({ socket, text }: Awaited<ReturnType<typeof open>>, word: string) => {
    socket.write(word);
    await until(() => text().endsWith(word));
  };

  it('passes on what is said, and the end behind it', async () => {
    const client = await open();
    await echoes(client, 'hello');
    accepted[0]?.end('last words');
    await once(client.socket, 'close');
    assert.equal(client.text(), 'hellolast words');
    await until(() => proxy.connections === 0);
  });

  it('drops connections and refuses new ones until it is restored', async () => {
    const client = await open();
    await echoes(client, 'hello');
    const closed = once(client.socket, 'close');
    proxy.refuse();
    await closed;
    await once((await open()).socket, 'close');
    proxy.restore();
    const again = await open();
    await echoes(again, 'again');
    again.socket.destroy();
  });

  it('swallows everything without a word, also the end; new connections work when it is restored', async () => {
    const [before, leaving] = [await open(), await open()];
    await echoes(before, 'hello');
    await echoes(leaving, 'hello');
    proxy.blackhole();
    before.socket.write('unheard');
    leaving.socket.destroy();
    const during = await open();
    during.socket.write('unheard');
    await until(() => proxy.swallowed === 2 * 'unheard'.length);
    proxy.restore();
    const after = await open();
    await echoes(after, 'heard');
    assert.equal(before.text(), 'hello');
    assert.equal(during.text(), '');
    assert.ok(!before.socket.destroyed && !during.socket.destroyed);
    assert.ok(accepted.slice(0, 2).every((socket) => !socket.destroyed && socket.bytesRead === 5));
    assert.equal(proxy.connections, 1);
    before.socket.write('anybody there?');
    await until(() => before.socket.destroyed);
    for (const { socket } of [during, after]) socket.destroy();
  });

  it('delays both ways and keeps the order when it stops to', async () => {
    const client = await open();
    await echoes(client, 'a');
    proxy.delay(100);
    const start = performance.now();
    client.socket.write('b');
    await until(() => accepted[0]?.bytesRead === 2);
    proxy.delay(0);
    client.socket.write('c');
    await until(() => client.text() === 'abc');
    assert.ok(performance.now() - start >= 99);
    client.socket.destroy();
  });
});
