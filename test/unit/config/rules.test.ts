import assert from 'node:assert/strict';
import { loadConfig } from '../../../common/config/load.ts';
import { ConfigError } from '../../../common/config/problems.ts';

/** Problems of a configuration given by variables, without their sources. */
function problemsOf(env: Record<string, string>): string[] {
  try {
    loadConfig({ env });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ message }) => message);
  }
  return [];
}

const key = 'a'.repeat(32);
const broken: [why: string, env: Record<string, string>, problem: RegExp][] = [
  ['a certificate without its key', { PORTICO_SERVER_TLS_CERTIFICATE: 'a.pem' }, /needs tls_key/],
  ['a key without its certificate', { PORTICO_SERVER_TLS_KEY: 'a.pem' }, /needs tls_certificate/],
  ['a public URL that is none', { PORTICO_SERVER_PUBLIC_URL: 'conf.example.com' }, /http:\/\/ or https:\/\//],
  ['a bus that is no AMQP', { PORTICO_BUS_URL: 'http://localhost' }, /amqp:\/\/ or amqps:\/\//],
  ['a STUN URL that is none', { PORTICO_ICE_STUN: 'example.com' }, /ice\.stun\[0\]: .*stun:/],
  [
    'a TURN server without a secret',
    { PORTICO_ICE_TURN: 'turn:example.com' },
    /ice\.turn: needs turn_secret/,
  ],
  ['pipe ports in the wrong order', { PORTICO_ACCESS_PIPE_PORTS: '46000,45000' }, /first port is above/],
  ['a media port among the pipe ports', { PORTICO_ACCESS_PORT: '45500' }, /lies within access\.pipe_ports/],
  [
    'a room listed twice',
    { PORTICO_ROOMS_ROOM: '[{"id":"a"},{"id":"a"}]' },
    /rooms\.room\[1\]\.id: 'a' is used twice/,
  ],
  [
    'a key id used twice',
    {
      PORTICO_AUTH_SERVICES: JSON.stringify([
        { id: 'a', key },
        { id: 'a', key },
      ]),
    },
    /auth\.services\[1\]\.id: 'a' is used twice/,
  ],
  [
    'a least delay of mixes above the longest',
    { PORTICO_MIXER_MIN_DELAY_MS: '300' },
    /mixer\.min_delay_ms: is above mixer\.max_delay_ms \(250\)/,
  ],
  [
    'a role defined twice',
    { PORTICO_ROOMS_DEFAULT_ROLES: '[{"role":"host"},{"role":"host"}]' },
    /rooms\.default\.roles\[1\]\.role: 'host' is used twice/,
  ],
  [
    'a view defined twice',
    { PORTICO_ROOMS_DEFAULT_VIEWS: '[{"label":"a"},{"label":"a"}]' },
    /rooms\.default\.views\[1\]\.label: 'a' is used twice/,
  ],
  [
    'a view that cannot be mixed',
    { PORTICO_ROOMS_ROOM: '[{"id":"a","views":[{"label":"a","video":{"format":{"codec":"av1"}}}]}]' },
    /rooms\.room\[0\]\.views\[0\]\.video\.format\.codec: .*vp8 or h264; 'av1'/,
  ],
];

describe('rules between keys of the configuration', () => {
  for (const [why, env, problem] of broken) {
    it(`refuse ${why}`, () => {
      const problems = problemsOf(env);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', problem);
    });
  }

  it('accept a complete server', () => {
    const env = {
      PORTICO_SERVER_TLS_CERTIFICATE: 'a.pem',
      PORTICO_SERVER_TLS_KEY: 'b.pem',
      PORTICO_SERVER_PUBLIC_URL: 'https://conf.example.com',
      PORTICO_BUS_URL: 'amqps://user:password@rabbit/vhost',
      PORTICO_ICE_TURN: 'turns:turn.example.com:443?transport=tcp',
      PORTICO_ICE_TURN_SECRET: 'x',
    };
    assert.deepEqual(problemsOf(env), []);
  });
});
