import assert from 'node:assert/strict';
import fc from 'fast-check';
import { StreamId } from '../../../common/contract/ids.ts';
import { Layout, LayoutRecord, type Region } from '../../../common/contract/layout.ts';
import { checkLayout } from '../../../common/layout/check.ts';
import { ViewLayout } from '../../../common/layout/view-layout.ts';

const id = (name: string) => StreamId.parse(name);
const options = (maxInput = 16) => ({ maxInput, templates: { base: 'fluid' as const, custom: [] } });

function viewOf(names: string, maxInput?: number): ViewLayout {
  const view = new ViewLayout(options(maxInput));
  for (const name of names) assert.ok(view.add(id(name)));
  return view;
}
const shown = (view: ViewLayout) => view.layout.map(({ stream }) => stream ?? '-').join('');
const waiting = (view: ViewLayout) =>
  view.inputs.filter((stream) => !view.layout.some((entry) => entry.stream === stream)).join('');

/** So many rows, one above the other, with these streams. */
function rows(count: number, streams: string): Layout {
  const regionAt = (index: number): Region => ({
    id: `row${index}`,
    shape: 'rectangle',
    area: { left: '0', top: `${index}/${count}`, width: '1', height: `1/${count}` },
  });
  const wanted = Array.from({ length: count }, (_, index) => {
    const stream = streams[index];
    return { ...(stream !== undefined && { stream: id(stream) }), region: regionAt(index) };
  });
  return checkLayout(wanted, { isMixed: () => true });
}

describe('what a view shows where', () => {
  it('takes the smallest template with a region for each input', () => {
    assert.equal(shown(viewOf('')), '-');
    assert.equal(shown(viewOf('a')), 'a');
    assert.equal(shown(viewOf('abc')), 'abc');
    assert.equal(shown(viewOf('abcde')), 'abcde');
    assert.ok(!viewOf('a').add(id('a')));
    assert.ok(!viewOf('a').remove(id('b')));
  });

  it('lets those wait who are too many, and the one who waits longest in first', () => {
    const view = viewOf('abcde', 3);
    assert.deepEqual([shown(view), waiting(view)], ['abc', 'de']);
    view.remove(id('b'));
    assert.deepEqual([shown(view), waiting(view)], ['acd', 'e']);
  });

  it('changes the places of two streams, also with one that waits', () => {
    const view = viewOf('abcd', 3);
    assert.ok(view.swap(id('a'), '2'));
    assert.equal(shown(view), 'bac');
    assert.ok(!view.swap(id('a'), '2'));
    assert.ok(view.place(id('d'), 0));
    assert.deepEqual([shown(view), waiting(view)], ['dac', 'b']);
    assert.ok(view.primary(id('c')));
    assert.equal(shown(view), 'cad');
  });

  it('refuses streams and regions that are not there, and empty ones', () => {
    const view = viewOf('ab');
    const roomy = new ViewLayout({
      maxInput: 16,
      templates: { base: 'fluid', custom: [{ region: rows(4, '').map(({ region }) => region) }] },
    });
    for (const name of 'abc') roomy.add(id(name));
    const faults: [() => unknown, string, string][] = [
      [() => view.swap(id('x'), '1'), 'stream_not_found', 'stream'],
      [() => view.place(id('x'), 0), 'stream_not_found', 'stream'],
      [() => view.primary(id('x')), 'stream_not_found', 'primary'],
      [() => view.swap(id('a'), '5'), 'not_found', 'region'],
      [() => view.place(id('a'), 4), 'not_found', 'index'],
      [() => view.place(id('a'), -1), 'not_found', 'index'],
      [() => roomy.swap(id('a'), 'row3'), 'bad_request', 'region'],
    ];
    for (const [act, code, field] of faults) assert.throws(act, { code, details: { field } });
    assert.deepEqual([shown(view), shown(roomy)], ['ab', 'abc-']);
  });

  it('keeps regions that were set until a template is chosen', () => {
    const view = viewOf('abcd');
    assert.ok(view.setLayout(rows(3, 'c')));
    assert.ok(!view.setLayout(rows(3, 'c')));
    assert.deepEqual([shown(view), waiting(view)], ['cab', 'd']);
    view.remove(id('a'));
    assert.equal(shown(view), 'cbd');
    view.add(id('e'));
    assert.equal(waiting(view), 'e');
    assert.ok(view.setTemplate(null));
    assert.ok(!view.setTemplate(null));
    assert.equal(shown(view), 'cbde');
    assert.ok(view.setTemplate('lecture'));
    assert.equal(shown(view), 'cbde');
    assert.equal(view.layout[0]?.region.area.width, '2/3');
  });

  it('refuses a layout that shows more than it may', () => {
    const field = 'layout[2].stream';
    assert.throws(() => viewOf('abcd', 2).setLayout(rows(3, 'abc')), {
      code: 'bad_request',
      details: { field },
    });
  });

  it('shows everybody once, in order, and is the same when built again from its record', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const step = fc.oneof(
      ...(['add', 'remove', 'primary'] as const).map((act) => fc.record({ act: fc.constant(act), name })),
      fc.record({ act: fc.constant('place' as const), name, index: fc.integer({ min: 0, max: 9 }) }),
      fc.record({
        act: fc.constant('template' as const),
        base: fc.constantFrom('fluid' as const, 'lecture' as const, null),
      }),
      fc.record({ act: fc.constant('rows' as const), count: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 6 }), (steps, maxInput) => {
        const view = new ViewLayout(options(maxInput));
        for (const one of steps) {
          const before = JSON.stringify([view.layout, view.inputs]);
          const changed = take(view, one);
          if (!changed) assert.equal(JSON.stringify([view.layout, view.inputs]), before);
          const { layout, inputs } = view;
          const seen = layout.flatMap(({ stream }) => stream ?? []);
          assert.deepEqual(seen, inputs.slice(0, Math.min(maxInput, layout.length)));
          assert.equal(new Set(inputs).size, inputs.length);
          Layout.parse(layout);
          const record = LayoutRecord.parse(JSON.parse(JSON.stringify(view.record())));
          const again = new ViewLayout(options(maxInput), record);
          assert.deepEqual([again.layout, again.record()], [layout, view.record()]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

type Step =
  | { act: 'add' | 'remove' | 'primary'; name: string }
  | { act: 'place'; name: string; index: number }
  | { act: 'template'; base: 'fluid' | 'lecture' | null }
  | { act: 'rows'; count: number };

/** @returns whether it says that it changed something; refusals change nothing */
function take(view: ViewLayout, step: Step): boolean {
  try {
    if (step.act === 'template') return view.setTemplate(step.base);
    if (step.act === 'rows')
      return view.setLayout(rows(step.count, view.inputs.slice(0, step.count).join('')));
    if (step.act === 'place') return view.place(id(step.name), step.index);
    return view[step.act](id(step.name));
  } catch (error) {
    assert.match((error as { code: string }).code, /^(stream_not_found|not_found|bad_request)$/);
    return false;
  }
}
