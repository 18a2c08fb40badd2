// @ts-check

/** Debian's names of what compiles the worker and of the libraries that it is linked with. */
export const BUILD_PACKAGES = [
  'build-essential',
  'pkg-config',
  'meson',
  'ninja-build',
  'dpkg-dev',
  'libuv1-dev',
  'libssl-dev',
  'libsrtp2-dev',
  'libabsl-dev',
  'libflatbuffers-dev',
  'flatbuffers-compiler',
];
