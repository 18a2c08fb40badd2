import assert from 'node:assert/strict';
import { banner, type BannerFacts } from '../../../cli/banner.ts';
import { isLoopback } from '../../../cli/network.ts';
import { loadConfig } from '../../../common/config/load.ts';

const facts = (changes: Partial<BannerFacts> = {}, env: Record<string, string> = {}): BannerFacts => ({
  version: '1.2.3',
  url: 'http://localhost:8080',
  apiUrl: changes.url ?? 'http://localhost:8080',
  config: loadConfig({ env }),
  devMode: true,
  dataDir: '/data',
  mediaPorts: [44_400, 44_401],
  healthPort: undefined,
  worker: 'mediasoup 3',
  ffmpeg: '/usr/bin/ffmpeg',
  command: 'portico',
  ...changes,
});

describe('what portico start prints', () => {
  it('holds the page, a link to join, and the open ports with their protocols', () => {
    const text = banner(facts());
    assert.match(text, /Page {2,}http:\/\/localhost:8080\/\n/);
    assert.match(text, /Join {2,}http:\/\/localhost:8080\/\?room=demo\n/);
    assert.match(text, /8080 +TCP +page, SDK, signalling, API\n/);
    assert.match(text, /Admin {2,}http:\/\/localhost:8080\/admin\/\n/);
    assert.match(text, /44400-44401 +UDP, TCP +media\n/);
  });

  it('names the port really taken, and the one of health and metrics', () => {
    const text = banner(facts({ url: 'http://localhost:49152', healthPort: 9100, mediaPorts: [] }));
    assert.match(text, /49152 +TCP +page/);
    assert.match(text, /any free +UDP, TCP +media/);
    assert.match(text, /9100 +TCP +health and metrics/);
  });

  it('names the port of a management API that has one of its own', () => {
    const text = banner(facts({ apiUrl: 'http://localhost:3000' }));
    assert.match(text, /8080 +TCP +page, SDK, signalling\n/);
    assert.match(text, /3000 +TCP +management API/);
  });

  it('says on loopback only that everybody on this machine may join', () => {
    const text = banner(facts());
    assert.match(text, /Dev mode: the page hands out tokens to everybody on this machine/);
    assert.doesNotMatch(text, /https|WARNING/);
  });

  it('explains on another address that browsers need HTTPS, and how to make tokens', () => {
    const env = { PORTICO_SERVER_HOST: '0.0.0.0' };
    const text = banner(facts({ url: 'http://192.0.2.7:8080', devMode: false }, env));
    assert.match(text, /only to pages from https:\/\/ and from localhost/);
    assert.match(text, /--tls-certificate/);
    assert.match(text, /portico token create --room demo/);
    assert.doesNotMatch(text, /\?room=demo/);
  });

  it('is silent about HTTPS when there is a certificate', () => {
    const env = { PORTICO_SERVER_HOST: '0.0.0.0' };
    assert.doesNotMatch(banner(facts({ url: 'https://192.0.2.7:8080', devMode: false }, env)), /camera/);
  });

  it('warns of dev mode on an address that others can reach', () => {
    const env = { PORTICO_SERVER_HOST: '192.0.2.7' };
    assert.match(banner(facts({ url: 'http://192.0.2.7:8080' }, env)), /WARNING: dev mode/);
  });
});

describe('a loopback address', () => {
  const cases: [host: string, loopback: boolean][] = [
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.1.1', false],
    ['127.0.0.1.example.com', false],
    ['localhost.example.com', false],
  ];
  for (const [host, loopback] of cases) {
    it(`${loopback ? 'is' : 'is not'} ${host}`, () => {
      assert.equal(isLoopback(host), loopback);
    });
  }
});
