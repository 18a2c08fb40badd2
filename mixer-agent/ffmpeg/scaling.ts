import { arch } from 'node:os';

/**
 * For each FFmpeg that scales pictures: its scaler without AVX2, which gathers pixels with an instruction that many processors are
 * slow at, and slower since firmware keeps it from leaking data. Decoding to a tile takes up to a quarter less without it, and
 * where the instruction is fast a few percent more. Codecs of other libraries look for themselves what a processor can do.
 */
export const scalingOptions: readonly string[] = arch() === 'x64' ? ['-cpuflags', '-avx2'] : [];
