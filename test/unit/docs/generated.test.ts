import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { clientContract, clientNotifications } from '../../../common/contract/client.ts';
import { errorCodes } from '../../../common/contract/errors.ts';
import { generate, generatedPaths, root } from '../../../docs/generate/pages.ts';

const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');
const headings = (text: string): string[] =>
  [...text.matchAll(/^### (.+)$/gm)].map(([, title = '']) => title);

describe('the generated references', () => {
  for (const path of generatedPaths) {
    it(`include ${path} as the code makes it (if not: node docs/generate.mjs)`, async () => {
      assert.equal(await read(path), await generate(path));
    });
  }

  it('describe every request and notification of the protocol, once', async () => {
    const titles = headings(await read('docs/protocol.md'));
    const wanted = [
      ...Object.keys(clientContract),
      ...Object.keys(clientNotifications).map((name) => `${name} (notification)`),
    ];
    for (const name of wanted) assert.equal(titles.filter((title) => title === name).length, 1, name);
  });

  it('list exactly the error codes', async () => {
    const [list = ''] = (await read('docs/errors.md')).split('## Why a participant left');
    const listed = [...list.matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code);
    assert.deepEqual(listed, Object.keys(errorCodes));
  });

  it('name what each field of a request is for where the contract says so', async () => {
    const text = await read('docs/protocol.md');
    assert.match(text, /`requestId`.*Made by the client: the same token with the same id/);
    assert.match(text, /`media\.tracks\[\]\.from`.*Stream id \(its track of that type\) or track id/);
    assert.match(text, /`by`.*Who did it; absent when the room did/);
  });
});
