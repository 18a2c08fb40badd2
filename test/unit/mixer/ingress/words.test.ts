import assert from 'node:assert/strict';
import { complaintOf } from '../../../../mixer-agent/ingress/words.ts';
import type { IngressSource } from '../../../../mixer-agent/ingress/protocol.ts';

const url = 'rtmp://camera.example/live/topsecret';
const source: IngressSource = {
  ...{ url, input: url, scheme: 'rtmp', protocols: 'rtmp,tcp', guarded: false, codecs: ['h264'] },
  ...{ transportProtocol: 'tcp', bufferSize: 8_192, loop: false, audio: 'auto', video: 'auto' },
};
const wordsOf = (...complaints: string[]) => complaintOf({ code: 1, complaints }, source);

describe('words of FFmpeg about a source', () => {
  it('are those that say why, in versions 5, 6 and 7', () => {
    assert.equal(wordsOf(`${url}: Connection refused`), 'Connection refused');
    assert.equal(
      wordsOf(
        'Error opening input: Connection refused',
        `Error opening input file ${url}.`,
        'Error opening input files: Connection refused',
      ),
      'Connection refused',
    );
  });

  it('hide what is secret, and are none when nothing is said', () => {
    assert.equal(wordsOf(`Cannot read ${url} now`), 'Cannot read rtmp://camera.example/live/*** now');
    assert.equal(wordsOf('Error writing trailer', 'Conversion failed!'), undefined);
  });
});
