import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const services = ['portal', 'conference-agent', 'access-agent', 'mixer-agent', 'management-api'];
const above = (folders) => String.raw`^(\.\./)+(${folders.join('|')})/`;

/** Engines stand behind one adapter each: who may import them. */
const engines = [
  { name: 'amqplib', homes: ['common/bus'] },
  { name: 'mediasoup', homes: ['common/media', 'access-agent', 'mixer-agent'] },
  { name: 'socket.io', homes: ['portal'] },
  { name: 'better-sqlite3', homes: ['management-api/store'] },
  { name: 'pg', homes: ['management-api/store'] },
];

/** Folders whose imports are restricted; a file obeys the last entry that matches it. */
const folders = [
  'common',
  'common/bus',
  'common/media',
  'common/contract',
  ...services,
  'management-api/store',
  'cli',
];

function importRules(folder) {
  const top = folder.split('/')[0];
  const others = services.filter((service) => service !== folder);
  const ours = top === 'cli' ? ['test'] : [...others, 'cli', 'test', 'setup', 'client', 'docs'];
  const patterns = [
    {
      regex: above(ours),
      message: `${top} may not import this folder: services know common/ only, common/ knows none of them.`,
    },
    ...engines
      .filter(({ homes }) => !homes.some((home) => folder === home))
      .map(({ name, homes }) => ({
        regex: `^${name.replace('.', String.raw`\.`)}(/|$)`,
        message: `${name} is used only in ${homes.join(', ')}.`,
        // The contract and its users speak of RTP parameters in the words of the engine.
        allowTypeImports: name === 'mediasoup',
      })),
  ];
  return {
    files: [`${folder}/**/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
}

export default defineConfig(
  { ignores: ['**/dist/', 'coverage/', '.portico/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Interfaces promise promises; an implementation may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // The compiler does not see that a field changes during an await or in a callback: every finding was a check
      // that is needed.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // There are no enums (erasableSyntaxOnly), and looking for them takes a quarter of the time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
    },
  },
  ...folders.map(importRules),
  {
    files: ['{common,portal,conference-agent,access-agent,mixer-agent,management-api}/**/*.ts'],
    // The media adapter takes away the signal handlers that its engine puts on the process.
    // Engine processes are processes of their own.
    ignores: ['common/media/**', 'mixer-agent/**/main.ts', 'mixer-agent/process/run-engine.ts'],
    rules: {
      'no-restricted-globals': ['error', { name: 'process', message: 'Only cli/ touches the process.' }],
      'no-restricted-imports': ['error', { name: 'node:process', message: 'Only cli/ touches the process.' }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'performance',
          'URL',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'Buffer',
          'fetch',
          'AbortController',
          'AbortSignal',
          'structuredClone',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
