import assert from 'node:assert/strict';
import { fields, table, time } from '../../../cli/table.ts';

describe('tables of the command line', () => {
  it('have columns as wide as their widest cell, and no spaces at the end of a line', () => {
    const text = table(
      ['id', 'name'],
      [
        ['a-long-id', 'x'],
        ['b', undefined],
      ],
    );
    assert.equal(text, 'ID         NAME\na-long-id  x\nb          -');
  });

  it('have their headings when there are no rows', () => {
    assert.equal(table(['id', 'state'], []), 'ID  STATE');
  });

  it('put names before values', () => {
    assert.equal(fields({ id: 'r1', limit: 3 }), 'id     r1\nlimit  3');
  });

  it('show times to the second', () => {
    assert.match(time(Date.UTC(2026, 10, 21, 12)), /^2026-11-2[012] \d\d:\d\d:00$/);
  });
});
