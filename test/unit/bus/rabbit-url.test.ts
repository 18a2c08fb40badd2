import assert from 'node:assert/strict';
import { parseRabbitUrl } from '../../../common/bus/rabbit-url.ts';

describe('the URL of RabbitMQ', () => {
  it('may be short', () => {
    assert.deepEqual(parseRabbitUrl('amqp://rabbit'), {
      connect: {
        protocol: 'amqp',
        hostname: 'rabbit',
        port: 5672,
        username: 'guest',
        password: 'guest',
        vhost: '',
      },
      tls: { verify: true },
      shown: 'amqp://rabbit',
    });
  });

  it('may have everything', () => {
    const query =
      'cacertfile=/a/ca.pem&certfile=c.pem&keyfile=k.pem&verify=verify_none&server_name_indication=x';
    const { connect, tls, shown } = parseRabbitUrl(`amqps://us%40er:p%2Fw@[::1]:7000/my%2Fhost?${query}`);
    assert.deepEqual(connect, {
      protocol: 'amqps',
      hostname: '::1',
      port: 7000,
      username: 'us@er',
      password: 'p/w',
      vhost: 'my%2Fhost',
    });
    assert.deepEqual(tls, { ca: '/a/ca.pem', cert: 'c.pem', key: 'k.pem', verify: false, serverName: 'x' });
    assert.equal(shown, 'amqps://[::1]:7000/my%2Fhost');
  });

  it('has another port for TLS', () => {
    assert.equal(parseRabbitUrl('amqps://rabbit').connect.port, 5671);
  });

  const wrong = [
    ['http://rabbit', /amqp:\/\//],
    ['rabbit:5672', /amqp:\/\//],
    ['', /amqp:\/\//],
    ['amqps://rabbit?verify=maybe', /verify_peer or verify_none/],
    ['amqps://rabbit?cafile=x', /unknown parameter 'cafile'.*cacertfile/],
  ] as const;
  for (const [url, message] of wrong) {
    it(`is refused when it is '${url}'`, () => {
      assert.throws(() => parseRabbitUrl(url), { code: 'bad_request', message });
    });
  }

  it('never shows its password in an error', () => {
    assert.throws(
      () => parseRabbitUrl('amqp://user:secret@host?x=1'),
      (error: unknown) => error instanceof Error && !error.message.includes('secret'),
    );
  });
});
