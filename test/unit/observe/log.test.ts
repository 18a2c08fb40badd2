import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { createLogger, logFormat, type LogOptions } from '../../../common/observe/log.ts';

/** Lines that a logger writes. */
function logged(options: Partial<LogOptions>, write: (log: ReturnType<typeof createLogger>) => void): string {
  const destination = new PassThrough();
  write(createLogger({ level: 'info', format: 'json', ...options, destination }, { service: 'portal' }));
  return String(destination.read() ?? '');
}

describe('the log', () => {
  it('is one JSON object a line, with the name of the level', () => {
    const line: unknown = JSON.parse(
      logged({}, (log) => {
        log.warn({ room: 'demo' }, 'room opened');
      }),
    );
    const { time, ...rest } = line as { time: number };
    assert.equal(typeof time, 'number');
    assert.deepEqual(rest, { level: 'warn', service: 'portal', room: 'demo', msg: 'room opened' });
  });

  it('leaves out what is below its level', () => {
    assert.equal(
      logged({ level: 'error' }, (log) => {
        log.warn('nothing');
      }),
      '',
    );
  });

  it('is readable for people when pretty', () => {
    const line = logged({ format: 'pretty' }, (log) => {
      log.info({ room: 'demo' }, 'room opened');
    });
    assert.match(line, /INFO.*: room opened\n/);
    assert.match(line, /room: "demo"/);
  });

  it('hides secrets, also one level down', () => {
    const line = logged({}, (log) => {
      log.info({ token: 'abc', request: { password: 'def', signature: 'ghi' } }, 'login');
    });
    assert.doesNotMatch(line, /abc|def|ghi/);
  });

  it('is pretty by itself only where a person looks on', () => {
    assert.equal(logFormat('auto', true), 'pretty');
    assert.equal(logFormat('auto', false), 'json');
    assert.equal(logFormat('json', true), 'json');
    assert.equal(logFormat('pretty', false), 'pretty');
  });
});
