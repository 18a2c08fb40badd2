import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { keyByPath, settableKeys, variableOf } from '../../../common/config/describe.ts';
import { loadConfig } from '../../../common/config/load.ts';
import { masked } from '../../../common/config/mask.ts';
import { sampleToml, uncommented } from '../../../common/config/sample.ts';
import { Config } from '../../../common/config/schema.ts';

const committed = new URL('../../../portico.sample.toml', import.meta.url);

const valueAt = (root: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined),
      root,
    );

describe('the sample configuration', () => {
  it('is current in the repository (write it with: node docs/generate.mjs)', () => {
    assert.equal(readFileSync(committed, 'utf8'), sampleToml());
  });

  it('changes nothing as it is', () => {
    assert.deepEqual(Config.parse(parse(sampleToml())), Config.parse({}));
  });

  it('is valid with every key in force, and shows every key', () => {
    const everything = parse(uncommented(sampleToml()));
    Config.parse(everything);
    for (const { path } of settableKeys) assert.notEqual(valueAt(everything, path), undefined, path);
  });

  it('shows defaults as they are', () => {
    const everything = Config.parse(parse(uncommented(sampleToml())));
    for (const key of settableKeys) {
      if (key.example !== undefined) continue;
      assert.deepEqual(valueAt(everything, key.path), valueAt(loadConfig(), key.path), key.path);
    }
  });
});

describe('the keys of the configuration', () => {
  it('all have a description', () => {
    const silent = [...keyByPath.values()].filter(({ description }) => description === '');
    assert.deepEqual(
      silent.map(({ path }) => path),
      [],
    );
  });

  it('have one variable each', () => {
    const names = settableKeys.map(variableOf);
    assert.equal(new Set(names).size, names.length);
    const files = new Set(names.map((name) => `${name}_FILE`));
    assert.deepEqual(
      names.filter((name) => files.has(name)),
      [],
    );
  });
});

describe('the shown configuration', () => {
  it('hides keys, secrets and passwords in URLs, and nothing else', () => {
    const key = 'k'.repeat(32);
    const config = loadConfig({
      env: {
        PORTICO_AUTH_SERVICES: JSON.stringify([{ id: 'app', key }]),
        PORTICO_BUS_URL: 'amqp://portico:pa55word@rabbit/conf',
        PORTICO_ICE_TURN_SECRET: 'turn-secret',
      },
    });
    const text = JSON.stringify(masked(config));
    for (const secret of [key, 'pa55word', 'turn-secret']) assert.ok(!text.includes(secret), secret);
    assert.ok(text.includes('amqp://portico:********@rabbit/conf'));
    assert.ok(text.includes('"id":"app"'));
  });

  it('shows that a secret is empty', () => {
    assert.equal(valueAt(masked(loadConfig()), 'ice.turn_secret'), '');
  });
});
