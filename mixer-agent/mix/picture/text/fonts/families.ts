import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A font file with some of the characters of a family. */
export interface FontFile {
  readonly path: string;
  /** One weight in each file, else a variable font. */
  readonly fixed: boolean;
  has(codePoint: number): boolean;
}

export interface Family {
  readonly name: string;
  /** Names with one of these letters are written in this family, if they can be. */
  readonly prefers?: RegExp;
  /** By weight. */
  readonly files: (bold: boolean) => readonly FontFile[];
}

const folderOf = (name: string): string =>
  dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`)));

/** First and last code points, in turn. */
type Ranges = readonly number[];

function parseRanges(text: string): Ranges {
  return text.split(',').flatMap((range) => {
    const [from = '', to = from] = range.replace('U+', '').split('-');
    return [parseInt(from, 16), parseInt(to, 16)];
  });
}

function inRanges(ranges: Ranges, codePoint: number): boolean {
  for (let index = 0; index < ranges.length; index += 2) {
    if (codePoint >= (ranges[index] as number) && codePoint <= (ranges[index + 1] as number)) return true;
  }
  return false;
}

/** A family that is cut into files, with a list of what is where. */
function cutFamily(id: string, prefers?: RegExp): Family {
  let known: FontFile[] | undefined;
  const read = (): FontFile[] => {
    const folder = folderOf(`@fontsource-variable/${id}`);
    const list = JSON.parse(readFileSync(join(folder, 'unicode.json'), 'utf8')) as Record<string, string>;
    return Object.entries(list).map(([part, text]) => {
      const ranges = parseRanges(text);
      const path = join(folder, 'files', `${id}-${part.replace(/[[\]]/g, '')}-wght-normal.woff2`);
      return { path, fixed: false, has: (codePoint) => inRanges(ranges, codePoint) };
    });
  };
  return { name: id, ...(prefers && { prefers }), files: () => (known ??= read()) };
}

/** What DejaVu Sans has in both weights and draws well; all others have families of their own. */
const european =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}]/u;
const common = /[\p{Script=Common}\p{Script=Inherited}]/u;
const pictograph = /[\p{Emoji_Presentation}\p{Emoji_Modifier}\p{Regional_Indicator}\ufe0f\u20e3]/u;

const dejavu: Family = {
  name: 'dejavu',
  files: (bold) => [
    {
      path: join(folderOf('dejavu-fonts-ttf'), 'ttf', bold ? 'DejaVuSans-Bold.ttf' : 'DejaVuSans.ttf'),
      fixed: true,
      has: (codePoint) => {
        const character = String.fromCodePoint(codePoint);
        return european.test(character) || (common.test(character) && !pictograph.test(character));
      },
    },
  ],
};

/** In the order in which they are asked. Han letters have the shapes of the language that the other letters of a name tell. */
export const families: readonly Family[] = [
  dejavu,
  cutFamily('noto-sans-jp', /[\p{Script=Hiragana}\p{Script=Katakana}]/u),
  cutFamily('noto-sans-kr', /\p{Script=Hangul}/u),
  cutFamily('noto-sans-sc', /\p{Script=Han}/u),
  cutFamily('noto-sans-tc', /\p{Script=Bopomofo}/u),
  cutFamily('noto-sans-arabic', /\p{Script=Arabic}/u),
  cutFamily('noto-sans-hebrew', /\p{Script=Hebrew}/u),
  cutFamily('noto-sans-devanagari', /\p{Script=Devanagari}/u),
  cutFamily('noto-sans-bengali', /\p{Script=Bengali}/u),
  cutFamily('noto-sans-gurmukhi', /\p{Script=Gurmukhi}/u),
  cutFamily('noto-sans-gujarati', /\p{Script=Gujarati}/u),
  cutFamily('noto-sans-oriya', /\p{Script=Oriya}/u),
  cutFamily('noto-sans-tamil', /\p{Script=Tamil}/u),
  cutFamily('noto-sans-telugu', /\p{Script=Telugu}/u),
  cutFamily('noto-sans-kannada', /\p{Script=Kannada}/u),
  cutFamily('noto-sans-malayalam', /\p{Script=Malayalam}/u),
  cutFamily('noto-sans-sinhala', /\p{Script=Sinhala}/u),
  cutFamily('noto-sans-thai', /\p{Script=Thai}/u),
  cutFamily('noto-sans-lao', /\p{Script=Lao}/u),
  cutFamily('noto-sans-khmer', /\p{Script=Khmer}/u),
  cutFamily('noto-sans-myanmar', /\p{Script=Myanmar}/u),
  cutFamily('noto-sans-ethiopic', /\p{Script=Ethiopic}/u),
  cutFamily('noto-emoji', pictograph),
];
