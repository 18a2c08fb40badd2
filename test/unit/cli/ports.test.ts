import assert from 'node:assert/strict';
import { portsOf } from '../../../cli/ports.ts';
import { loadConfig } from '../../../common/config/load.ts';
import { buildProgram } from '../../../cli/program.ts';
import { FakeTerminal } from '../../support/fake-terminal.ts';

const uses = (...settings: string[]) =>
  portsOf(
    loadConfig({
      env: {},
      overrides: settings.map((setting) => {
        const [path = '', text = ''] = setting.split('=');
        return { path, text, source: setting };
      }),
    }),
  );

describe('the ports of a configuration', () => {
  it('are those of the page and of media, for this machine alone, unless it says otherwise', () => {
    const found = uses();
    assert.deepEqual(
      found.map(({ use }) => use),
      ['page, SDK, signalling, management API', 'media', 'media between agents'],
    );
    assert.ok(found.every(({ reachedBy }) => reachedBy === 'this machine'));
  });

  it('tell which are for clients, which for operators and which for other machines of the cluster', () => {
    const found = uses(
      'server.host=0.0.0.0',
      'management.port=3000',
      'observe.port=9100',
      'observe.host=0.0.0.0',
      'bus.url=amqp://rabbit',
      'access.pipe_ip=10.0.0.1',
    );
    assert.deepEqual(
      found.map(({ use, ports, reachedBy }) => [use, use === 'media' ? '' : ports, reachedBy]),
      [
        ['page, SDK, signalling', '8080', 'clients'],
        ['media', '', 'clients'],
        ['management API', '3000', 'operators'],
        ['health and metrics', '9100', 'operators'],
        ['media between agents', '45000-45999', 'cluster'],
      ],
    );
  });

  it('are printed as a table or as JSON', async () => {
    const terminal = new FakeTerminal();
    await buildProgram(terminal).run(['ports']);
    await buildProgram(terminal).run(['ports', '--json']);
    const [text = '', json = ''] = terminal.written;
    assert.match(text, /^PORTS +TRANSPORT +ADDRESS +REACHED BY +USE\n8080 +TCP +127\.0\.0\.1/);
    assert.equal((JSON.parse(json) as unknown[]).length, 3);
  });
});
