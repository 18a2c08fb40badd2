#!/usr/bin/env node
// Plain JavaScript for any Node: an old one must be told so instead of failing on the first type annotation.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const runsTypeScript = major === 23 ? minor >= 6 : major > 22 || (major === 22 && minor >= 18);

if (runsTypeScript) {
  const { main } = await import('./main.ts');
  await main();
} else {
  process.stderr.write(
    `portico: Node ${process.versions.node} is too old: 22.18 or newer is needed.\n` +
      `  npm start                        brings one along and starts the server\n` +
      `  npm run portico -- <arguments>   the same for every other command\n`,
  );
  process.exitCode = 1;
}
