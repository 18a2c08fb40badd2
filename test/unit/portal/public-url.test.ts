import assert from 'node:assert/strict';
import { isIPv4 } from 'node:net';
import { Config } from '../../../common/config/schema.ts';
import { publicUrl } from '../../../portal/public-url.ts';

const server = (section: Record<string, unknown>) => Config.parse({ server: section }).server;

describe('the public URL of a portal', () => {
  it('is the configured one, without a slash at the end', () => {
    assert.equal(publicUrl(server({ public_url: 'https://meet.example.com/' })), 'https://meet.example.com');
  });

  it('follows from host and port', () => {
    assert.equal(publicUrl(server({})), 'http://localhost:8080');
    assert.equal(publicUrl(server({ port: 0 }), 4711), 'http://localhost:4711');
    assert.equal(publicUrl(server({ host: '192.0.2.7' })), 'http://192.0.2.7:8080');
    assert.equal(publicUrl(server({ host: '2001:db8::1' })), 'http://[2001:db8::1]:8080');
    assert.equal(publicUrl(server({ host: 'meet.example.com', port: 80 })), 'http://meet.example.com');
  });

  it('is HTTPS with a certificate', () => {
    const section = { host: 'meet.example.com', tls_certificate: 'c', tls_key: 'k' };
    assert.equal(publicUrl(server({ ...section, port: 8443 })), 'https://meet.example.com:8443');
    assert.equal(publicUrl(server({ ...section, port: 443 })), 'https://meet.example.com');
  });

  it('names an address of this machine where it listens on all', () => {
    for (const host of ['0.0.0.0', '::']) {
      const { hostname } = new URL(publicUrl(server({ host })));
      assert.ok(hostname === 'localhost' || isIPv4(hostname), hostname);
      assert.notEqual(hostname, '0.0.0.0');
    }
  });
});
