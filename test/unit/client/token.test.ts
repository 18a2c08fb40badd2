import assert from 'node:assert/strict';
import { endpointFor } from '../../../client/sdk/token.ts';
import { randomId } from '../../../client/sdk/random-id.ts';

const token = (host: unknown, secure: boolean): string =>
  Buffer.from(JSON.stringify({ tokenId: 't', host, secure, signature: 'x.y.z' })).toString('base64');

describe('where a token leads', () => {
  it('is its host, encrypted or not', () => {
    assert.deepEqual(endpointFor(token('conf.example.com:8443', true), undefined), {
      origin: 'https://conf.example.com:8443',
      path: '/socket.io/',
    });
    assert.equal(endpointFor(token('localhost:8080', false), undefined).origin, 'http://localhost:8080');
    assert.equal(
      endpointFor(token('https://conf.example.com', false), undefined).origin,
      'https://conf.example.com',
    );
  });

  it('is another address when the application says so, with its path in front', () => {
    assert.deepEqual(endpointFor(token('localhost', false), 'https://example.com/meet/'), {
      origin: 'https://example.com',
      path: '/meet/socket.io/',
    });
  });

  it('is nowhere when neither names a host and there is no page', () => {
    assert.throws(() => endpointFor(token('', false), undefined), { code: 'connect_failed' });
    assert.throws(() => endpointFor(token('a', false), 'http://:99:'), { code: 'connect_failed' });
  });

  it('cannot be told from something that is no token', () => {
    for (const bad of ['', '%%%', btoa('null'), btoa('{"host":1}'), btoa('{')]) {
      assert.throws(() => endpointFor(bad, undefined), { code: 'token_malformed' });
    }
  });
});

describe('random ids', () => {
  it('consist of letters and digits and do not repeat', () => {
    const ids = Array.from({ length: 1000 }, () => randomId());
    assert.ok(ids.every((id) => /^[0-9A-Za-z]{20}$/.test(id)));
    assert.equal(new Set(ids).size, ids.length);
  });
});
