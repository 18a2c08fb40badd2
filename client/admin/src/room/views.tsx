import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { View11, ViewPatch } from '../../../../management-api/schemas/views.ts';
import { LayoutPicture } from '../../../layout-editor/index.ts';
import { useApi } from '../live/context.ts';
import type { RoomPicture } from '../model/room-picture.ts';
import { formText, inputsOf, measureRows, sizeOf } from '../model/view-picture.ts';
import type { Inputs } from '../model/view-picture.ts';
import { useAction } from '../ui/notices.tsx';
import { Card, Id, Pill, SmallButton } from '../ui/parts.tsx';
import { LayoutDialog } from './layout-dialog.tsx';

interface ViewsProps {
  room: string;
  picture: RoomPicture;
}

/** What the room mixes: each view with its layout, and how its mix does. */
export const Views = ({ room, picture }: ViewsProps): JSX.Element | null =>
  picture.views.length === 0 ? null : (
    <Card title="Views" count={picture.views.length}>
      <div class="views">
        {picture.views.map((view) => (
          <ViewPart key={view.label} room={room} view={view} inputs={inputsOf(view, picture)} />
        ))}
      </div>
    </Card>
  );

interface ViewPartProps {
  room: string;
  view: View11;
  inputs: Inputs;
}

const ViewPart = ({ room, view, inputs }: ViewPartProps): JSX.Element => {
  const api = useApi();
  const { busy, run } = useAction();
  const [editing, setEditing] = useState(false);
  const { label, stream } = view;
  const size = sizeOf(view);
  const change = (wanted: ViewPatch, words: string): void => {
    void run(async () => {
      await api.changeView(room, label, wanted);
      return words;
    });
  };
  const name = (id: string): string => inputs.shown.find((input) => input.id === id)?.name ?? id;
  return (
    <section class="view" aria-label={`View ${label}`}>
      {size !== undefined && (
        <div class="view-picture">
          <LayoutPicture
            layout={stream.info.layout}
            streams={inputs.shown}
            ratio={size.width / size.height}
            label={`Layout of ${label}`}
            active={stream.info.activeInput}
            onPlace={(id, index) => {
              change({ stream: id, index }, `${name(id)} has changed places`);
            }}
          />
        </div>
      )}
      <div class="view-facts">
        <ViewHead view={view} />
        <InputNotes inputs={inputs} />
        {size !== undefined && (
          <LayoutButtons
            view={view}
            busy={busy}
            change={change}
            edit={() => {
              setEditing(true);
            }}
          />
        )}
        <Measures view={view} />
      </div>
      {editing && size !== undefined && (
        <LayoutDialog
          room={room}
          view={label}
          layout={stream.info.layout}
          streams={inputs.shown}
          ratio={size.width / size.height}
          template={view.template}
          follow={view.follow ?? false}
          onClose={() => {
            setEditing(false);
          }}
        />
      )}
    </section>
  );
};

const templates = [
  ['fluid', 'Grid'],
  ['lecture', 'Lecture'],
  [null, 'As configured'],
] as const;

interface LayoutButtonsProps {
  view: View11;
  busy: boolean;
  change: (wanted: ViewPatch, words: string) => void;
  edit: () => void;
}

/** Pressed: what decides about the regions now. */
const LayoutButtons = ({ view, busy, change, edit }: LayoutButtonsProps): JSX.Element => {
  const { label, template: chosen, follow = false } = view;
  const button = (words: string, pressed: boolean | undefined, wanted: ViewPatch): JSX.Element => (
    <button
      key={words}
      type="button"
      class="small-button wide lined"
      aria-pressed={pressed}
      disabled={busy}
      onClick={() => {
        change(wanted, `${label}: ${words.toLocaleLowerCase()}`);
      }}
    >
      {words}
    </button>
  );
  return (
    <div class="view-buttons" role="group" aria-label={`Layout of ${label}`}>
      {templates.map(([template, words]) =>
        button(words, template === null ? undefined : template === chosen, { template }),
      )}
      {button('Follow the speaker', follow, { keepActiveInputPrimary: !follow })}
      <SmallButton
        glyph="edit"
        label={chosen === 'custom' ? 'Edit custom layout' : 'Edit layout'}
        pressed={chosen === 'custom'}
        wide
        onClick={edit}
      />
    </div>
  );
};

const ViewHead = ({ view }: { view: View11 }): JSX.Element => (
  <header class="view-head">
    <h3>{view.label}</h3>
    {view.running ? <Pill tone="good">running</Pill> : <Pill>idle</Pill>}
    <span class="muted">{formText(view)}</span>
    {view.agent !== undefined && <Id>{view.agent}</Id>}
  </header>
);

const InputNotes = ({ inputs: { shown, waiting, heard } }: { inputs: Inputs }): JSX.Element => (
  <>
    {shown.length + heard.length === 0 && (
      <p class="muted">Nobody is mixed in. Streams are mixed in and taken out in the table above.</p>
    )}
    {heard.length > 0 && (
      <p>
        <span class="muted">Only heard:</span> {heard.join(', ')}
      </p>
    )}
    {waiting.length > 0 && (
      <p>
        <span class="muted">Waiting for a region:</span> {waiting.join(', ')}
      </p>
    )}
  </>
);

const Measures = ({ view }: { view: View11 }): JSX.Element | null => {
  const rows = measureRows(view);
  if (rows.length === 0) {
    return view.running ? null : <p class="muted">It is mixed while somebody receives it.</p>;
  }
  return (
    <dl class="view-measures">
      {rows.map(([name, value, title]) => (
        <div key={name} title={title}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
};
