import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { LayoutEditor } from '../../../layout-editor/index.ts';
import type { Entry } from '../../../layout-editor/index.ts';
import { fill, orderOf } from '../../../layout-editor/order.ts';
import { mixedNames, mixOf } from '../state/mix-selectors.ts';
import type { AppState, MixView } from '../state/types.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { useApp, useAppState, useDispatch } from '../ui/context.ts';
import { hueOf } from '../ui/names.ts';

/** One region over the whole picture, where nothing was laid out yet. */
const whole: Entry = {
  region: {
    id: '1',
    shape: 'rectangle',
    area: { left: '0/1', top: '0/1', width: '1/1', height: '1/1' },
  },
};

/** What holds until this layout is used. */
const notes = {
  grid: 'The view is a grid now. This layout replaces it.',
  lecture: 'The view is a lecture now. This layout replaces it.',
  speaker: 'The view follows the speaker now. With this layout everybody stays where they are.',
  custom: 'These are the regions in use now. They stay until another layout is chosen.',
  other: 'This layout holds until another one is chosen.',
} as const;

const draftOf = (mix: MixView): readonly Entry[] => (mix.layout.length > 0 ? mix.layout : [whole]);

/** What is being edited is a draft of its own: the picture may change meanwhile, and nobody sees half a layout. */
const Editor = ({ state, mix }: { state: AppState; mix: MixView }): JSX.Element => {
  const { controls } = useApp();
  const dispatch = useDispatch();
  const dialog = useRef<HTMLDialogElement>(null);
  const [draft, setDraft] = useState(draftOf(mix));
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const streams = mixedNames(state, mix.label).map(({ id, name, owner }) => ({
    id,
    name,
    hue: hueOf(owner),
  }));
  const close = (): void => {
    dispatch({ type: 'layout-editor', open: false });
  };
  return (
    <dialog ref={dialog} class="dialog wide" aria-labelledby="layout-title" onClose={close}>
      <div class="dialog-content">
        <header class="panel-head">
          <h2 id="layout-title">Layout of the mixed view</h2>
          <IconButton icon="close" size="small" label="Close" onClick={close} />
        </header>
        <LayoutEditor layout={draft} streams={streams} ratio={mix.ratio} onChange={setDraft} />
        <p class="dialog-note">{notes[mix.choice ?? 'other']}</p>
        <footer class="dialog-foot">
          <Button onClick={close}>Cancel</Button>
          <Button
            kind="primary"
            onClick={() => {
              // Somebody may have come or gone since it was drawn.
              const regions = draft.map(({ region }) => region);
              controls.mixing.setLayout(fill(regions, orderOf(draft, streams)));
              close();
            }}
          >
            Use this layout
          </Button>
        </footer>
      </div>
    </dialog>
  );
};

/** Regions of the mixed picture, to be dragged; for moderators. */
export const LayoutDialog = (): JSX.Element | null => {
  const state = useAppState((all) => all);
  const mix = mixOf(state);
  return state.layoutOpen && mix ? <Editor key={mix.id} state={state} mix={mix} /> : null;
};
