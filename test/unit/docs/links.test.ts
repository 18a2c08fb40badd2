import assert from 'node:assert/strict';
import { globSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { anchor } from '../../../docs/generate/markdown.ts';
import { root } from '../../../docs/generate/pages.ts';

const pages = globSync('{*.md,docs/**/*.md}', { cwd: root });
const textOf = (page: string): string => readFileSync(new URL(page, root), 'utf8');

/** Text without code, in which brackets are no links. */
const prose = (text: string): string => text.replaceAll(/```.*?```/gs, '').replaceAll(/`[^`\n]*`/g, '');

function anchorsOf(page: string): Set<string> {
  const text = textOf(page);
  const titles = [...text.replaceAll(/```.*?```/gs, '').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    anchor(title),
  );
  const ids = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  return new Set([...titles, ...ids]);
}

/** Links of a page to places in this repository: `[page, anchor]`. */
function linksOf(page: string): [target: string, fragment: string][] {
  const targets = [...prose(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', fragment = ''] = target.split('#');
      return [path === '' ? page : join(dirname(page), path), fragment];
    });
}

describe('the documentation', () => {
  for (const page of pages) {
    it(`has no dead link in ${page}`, () => {
      for (const [target, fragment] of linksOf(page)) {
        assert.ok(existsSync(new URL(target, root)), `${page} links to ${target}, which does not exist`);
        if (fragment === '') continue;
        assert.ok(
          anchorsOf(target).has(fragment),
          `${page} links to #${fragment} of ${target}, which has no such heading`,
        );
      }
    });
  }
});
