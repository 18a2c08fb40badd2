import { strict as assert } from 'node:assert';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { checkInput, checkOutput, type Lookup } from '../../../../mixer-agent/streaming/url-policy.ts';

const publicAddress: Lookup = () => Promise.resolve(['203.0.113.7']);
const strict = { private_networks: false, input_folders: [] };

/** Expects a refusal that names the URL and says why. */
async function isRefused(checked: Promise<unknown>, why: RegExp): Promise<void> {
  await assert.rejects(checked, (error: unknown) => {
    assert.ok(error instanceof PorticoError, String(error));
    assert.deepEqual([error.code, error.details.field], ['bad_request', 'url']);
    assert.match(error.message, why);
    return true;
  });
}

describe('addresses of live streams', () => {
  it('are taken for what their protocol needs', async () => {
    await checkOutput('rtmp://live.example/app/key', 'rtmp', strict, publicAddress);
    await checkOutput('rtmps://user:pass@live.example:443/app/a/b?x=1', 'rtmp', strict, publicAddress);
    await checkOutput('rtsp://live.example/x', 'rtsp', strict, publicAddress);
    await checkOutput('srt://live.example:9000?streamid=a&mode=caller', 'srt', strict, publicAddress);
    await checkOutput('https://live.example/a/index.m3u8?sig=1', 'hls', strict, publicAddress);
    await checkOutput('http://[2001:db8::1]/manifest.mpd', 'dash', strict, publicAddress);
  });

  it('are refused with another scheme, without a stream, port or host', async () => {
    await isRefused(checkOutput('http://h.example/a', 'rtmp', strict, publicAddress), /begin with rtmp:/);
    await isRefused(checkOutput('file:///etc/passwd', 'hls', strict, publicAddress), /begin with http:/);
    await isRefused(checkOutput('rtmp://h.example/app', 'rtmp', strict, publicAddress), /application/);
    await isRefused(checkOutput('srt://h.example', 'srt', strict, publicAddress), /port/);
    const listener = 'srt://h.example:9000?mode=listener';
    await isRefused(checkOutput(listener, 'srt', strict, publicAddress), /'caller'/);
    await isRefused(checkOutput('http:///h/a.m3u8', 'hls', strict, publicAddress), /host/);
    await isRefused(checkOutput('rtsp://', 'rtsp', strict, publicAddress), /host|read/);
    await isRefused(checkOutput('rtmp://h.example:99999/a/b', 'rtmp', strict, publicAddress), /read/);
    await isRefused(checkOutput(`rtsp://h/${'x'.repeat(2_000)}`, 'rtsp', strict, publicAddress), /longer/);
  });

  it('are refused where parsers read them differently', async () => {
    for (const url of [
      'http://good.example\\@127.0.0.1/a',
      'http://good.example@a@127.0.0.1/a',
      'http://good.example/a b',
      'http://good.exa\tmple/a',
      'http://127%2e0.0.1/a',
      'http://example.com|file:/etc/passwd',
      'http:/127.0.0.1/a',
      'HTTP:127.0.0.1/a',
      'http://exämple/a',
      'concat:http://a|http://b',
      'tee:x',
      '-i',
      '',
    ]) {
      await isRefused(checkOutput(url, 'hls', strict, publicAddress), /./);
      await isRefused(checkInput(url, strict, publicAddress), /./);
    }
  });

  it('are refused with .. in their path, however it is written', async () => {
    for (const path of ['a/../b', '..', 'a/%2e%2E/b', '.%2e/c']) {
      await isRefused(checkInput(`http://h.example/${path}`, strict, publicAddress), /'\.\.'/);
    }
  });

  it('never lead into private networks', async () => {
    for (const host of [
      ...['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '0.0.0.0', '224.0.0.1'],
      ...['255.255.255.255', '100.100.100.200', '192.0.0.192', '168.63.129.16', '0x7f.1', '2130706433'],
      ...[
        '[::1]',
        '[::]',
        '[fe80::1]',
        '[fd00:ec2::254]',
        '[ff02::1]',
        '[::ffff:127.0.0.1]',
        '[::127.0.0.1]',
      ],
      ...['[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[::ffff:a9fe:a9fe]'],
    ]) {
      await isRefused(checkInput(`http://${host}/x.m3u8`, strict), /streaming\.private_networks/);
      await checkInput(`http://${host}/x.m3u8`, { ...strict, private_networks: true });
    }
    await isRefused(checkInput('rtsp://localhost/x', strict), /streaming\.private_networks/);
    // The system resolves this one to 127.0.0.1, and FFmpeg would as well.
    await isRefused(checkInput('rtsp://0x7f.1/x', strict), /streaming\.private_networks/);
  });

  it('are refused when one of several addresses of a name is private', async () => {
    const both: Lookup = () => Promise.resolve(['203.0.113.7', '::ffff:10.0.0.1']);
    await isRefused(checkInput('rtsp://h.example/x', strict, both), /private/);
  });

  it('with a host that does not exist are refused, and tried again later when that cannot be known', async () => {
    const failing =
      (code: string): Lookup =>
      () =>
        Promise.reject(Object.assign(new Error('no'), { code }));
    await isRefused(checkInput('rtsp://h.example/x', strict, failing('ENOTFOUND')), /cannot be found/);
    await assert.rejects(checkInput('rtsp://h.example/x', strict, failing('EAI_AGAIN')), {
      code: 'unavailable',
    });
  });

  it('never fail otherwise, whatever they are', async () => {
    const check = async (url: string) => {
      try {
        await checkInput(url, strict, publicAddress);
      } catch (error) {
        assert.ok(error instanceof PorticoError, String(error));
      }
    };
    const odd = fc.array(
      fc.constantFrom('rtmp:', 'http:', 'file:', '/', '.', '@', '%2e', '?', '#', '[', ']', 'a', '1'),
    );
    const urls = fc.oneof(
      fc.webUrl(),
      odd.map((parts) => parts.join('')),
      fc.string(),
    );
    await fc.assert(fc.asyncProperty(urls, check));
  });
});

describe('files that are streamed into rooms', () => {
  let folder: string;
  let rules: { private_networks: boolean; input_folders: string[] };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-inputs-'));
    await mkdir(join(folder, 'media'));
    await mkdir(join(folder, 'media-private'));
    await writeFile(join(folder, 'media', 'a b.mp4'), '');
    await writeFile(join(folder, 'media-private', 'b.mp4'), '');
    await symlink(join(folder, 'media-private', 'b.mp4'), join(folder, 'media', 'link.mp4'));
    await symlink(join(folder, 'media'), join(folder, 'also'));
    rules = { private_networks: false, input_folders: [join(folder, 'also'), '/nonexistent'] };
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('are in a listed folder, which may be a link itself', async () => {
    const { input, protocols } = await checkInput(`file://${folder}/media/a%20b.mp4`, rules);
    assert.deepEqual([input, protocols], [`file:${folder}/media/a b.mp4`, 'file']);
  });

  it('are refused elsewhere, and the answer does not tell what there is', async () => {
    const why = /not below streaming\.input_folders, or is not there/;
    for (const path of [
      'media-private/b.mp4',
      'media/link.mp4',
      'media/none.mp4',
      'media',
      'media%2F..%2Fx',
    ]) {
      await isRefused(checkInput(`file://${folder}/${path}`, rules), why);
    }
    await isRefused(checkInput('file:///dev/zero', { ...rules, input_folders: ['/dev'] }), why);
    await isRefused(checkInput(`file://${folder}/media/a%20b.mp4`, strict), why);
    await isRefused(checkInput(`file://host${folder}/media/a%20b.mp4`, rules), /absolute path/);
  });
});
