import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../../app/src/ui/button.tsx';
import { Icon } from '../../../app/src/ui/icon.tsx';
import { sentence } from '../api/failure.ts';
import type { View } from '../live/context.ts';
import { formatTime, shortId } from '../model/format.ts';
import { Glyph } from './glyph.tsx';
import type { GlyphName } from './glyph.tsx';

interface PageHeadProps {
  title: ComponentChildren;
  children?: ComponentChildren;
  note?: ComponentChildren;
}

export const PageHead = ({ title, note, children }: PageHeadProps): JSX.Element => (
  <header class="page-head">
    <div>
      <h1>{title}</h1>
      {note !== undefined && <p>{note}</p>}
    </div>
    <div class="page-actions">{children}</div>
  </header>
);

interface CardProps {
  title?: string;
  count?: number;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export const Card = ({ title, count, actions, children }: CardProps): JSX.Element => (
  <section class="card" aria-label={title}>
    {title !== undefined && (
      <header class="card-head">
        <h2>
          {title} {count !== undefined && <span class="count">{count.toLocaleString()}</span>}
        </h2>
        {actions}
      </header>
    )}
    {children}
  </section>
);

interface EmptyProps {
  glyph: GlyphName;
  title: string;
  children?: ComponentChildren;
}

export const Empty = ({ glyph, title, children }: EmptyProps): JSX.Element => (
  <div class="empty">
    <Glyph name={glyph} size={28} />
    <strong>{title}</strong>
    {children}
  </div>
);

/** Before the first answer, and when the server refuses. */
export const Waiting = ({ view }: { view: View<unknown> }): JSX.Element =>
  view.failure === undefined ? (
    <p class="waiting" aria-busy="true">
      <span class="spinner" aria-hidden="true" /> Loading…
    </p>
  ) : (
    <Empty glyph="search" title={sentence(view.failure)} />
  );

/** What is shown is not the newest: the server refused. */
export const Stale = ({ view }: { view: View<unknown> }): JSX.Element | null =>
  view.failure === undefined ? null : (
    <p class="form-error" role="alert">
      {sentence(view.failure)}
    </p>
  );

type Tone = 'good' | 'warn' | 'bad' | 'plain';

export const Pill = ({
  tone = 'plain',
  children,
}: {
  tone?: Tone;
  children: ComponentChildren;
}): JSX.Element => <span class={`pill ${tone}`}>{children}</span>;

export const Dot = ({ tone }: { tone: Tone }): JSX.Element => (
  <span class={`dot ${tone}`} aria-hidden="true" />
);

export const Time = ({ at }: { at: number }): JSX.Element => (
  <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString()}>
    {formatTime(at)}
  </time>
);

/** Ids are long: cut in the middle of the cell, whole in the tooltip. */
export const Id = ({ children, short }: { children: string; short?: boolean }): JSX.Element => (
  <code class="id" title={children}>
    {short === true ? shortId(children) : children}
  </code>
);

interface SmallButtonProps {
  glyph: GlyphName;
  label: string;
  tone?: 'danger';
  disabled?: boolean;
  /** Shows the label beside the picture. */
  wide?: boolean;
  /** Of a button that stays down while something holds. */
  pressed?: boolean;
  onClick: () => void;
}

/** A button in a row of a table. */
export const SmallButton = ({ glyph, label, tone, wide, ...props }: SmallButtonProps): JSX.Element => (
  <button
    type="button"
    class={`small-button ${tone ?? ''} ${wide === true ? 'wide' : ''}`}
    title={wide === true ? undefined : label}
    aria-label={label}
    aria-pressed={props.pressed}
    disabled={props.disabled}
    onClick={props.onClick}
  >
    <Glyph name={glyph} size={18} />
    {wide === true && <span>{label}</span>}
  </button>
);

interface SearchProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
}

export const Search = ({ label, value, onInput }: SearchProps): JSX.Element => (
  <label class="search">
    <Glyph name="search" size={18} />
    <span class="visually-hidden">{label}</span>
    <input
      type="search"
      placeholder={label}
      value={value}
      spellcheck={false}
      onInput={(event) => {
        onInput(event.currentTarget.value);
      }}
    />
  </label>
);

export const More = ({ busy, onClick }: { busy?: boolean; onClick: () => void }): JSX.Element => (
  <p class="more">
    <Button onClick={onClick} busy={busy === true}>
      Load more
    </Button>
  </p>
);

/** Text to take along, with a button that copies it. */
export const Copyable = ({ label, text }: { label: string; text: string }): JSX.Element => {
  const [copied, setCopied] = useState(false);
  const copy = async (field: HTMLElement | null): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Clipboards are closed to pages without HTTPS: mark it, so that it can be copied by hand.
      if (field instanceof HTMLTextAreaElement) field.select();
    }
  };
  return (
    <div class="copyable">
      <label class="field">
        <span>{label}</span>
        <textarea
          readOnly
          rows={2}
          value={text}
          onFocus={(event) => {
            event.currentTarget.select();
          }}
        />
      </label>
      <button
        type="button"
        class="copy-link"
        onClick={(event) => void copy(event.currentTarget.parentElement?.querySelector('textarea') ?? null)}
      >
        {copied ? <Icon name="check" size={18} /> : <Glyph name="copy" size={18} />}
        <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
      </button>
    </div>
  );
};
