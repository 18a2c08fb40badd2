import type { JSX } from 'preact';
import { mixesOf, peopleIn } from '../state/mix-selectors.ts';
import type { MixView } from '../state/types.ts';
import { IconButton } from '../ui/button.tsx';
import { useApp, useAppState, useDispatch } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import type { MenuItem } from '../ui/menu.tsx';

/** The view that is looked at; a choice where there are several. */
const ViewName = ({ mix }: { mix: MixView }): JSX.Element => {
  const { controls } = useApp();
  const labels = useAppState((state) =>
    mixesOf(state)
      .map(({ label }) => label)
      .join(' '),
  );
  const all = labels.split(' ');
  if (all.length < 2) return <span class="mix-name">Mixed view</span>;
  return (
    <select
      class="mix-name"
      aria-label="View"
      value={mix.label}
      onChange={(event) => {
        controls.mixing.chooseView(event.currentTarget.value);
      }}
    >
      {all.map((label) => (
        <option key={label} value={label}>
          {label}
        </option>
      ))}
    </select>
  );
};

const layouts = [
  ['grid', 'grid', 'Grid'],
  ['lecture', 'layout', 'Lecture: one large'],
  ['speaker', 'speaker', 'Follow the speaker'],
] as const;

/** What is shown where; for moderators. */
const LayoutMenu = ({ mix }: { mix: MixView }): JSX.Element => {
  const { controls } = useApp();
  const dispatch = useDispatch();
  const items = layouts.map(([choice, icon, label]): MenuItem => ({
    icon,
    label,
    checked: mix.choice === choice,
    onSelect: () => {
      controls.mixing.chooseLayout(choice);
    },
  }));
  const edit: MenuItem = {
    icon: 'edit',
    label: 'Custom…',
    checked: mix.choice === 'custom',
    onSelect: () => {
      dispatch({ type: 'layout-editor', open: true });
    },
  };
  return <Menu icon="layout" size="small" label="Layout" items={[...items, edit]} />;
};

const toggleFullscreen = (label: string): void => {
  const picture = document.querySelector(`[data-mix="${CSS.escape(label)}"]`);
  if (document.fullscreenElement) void document.exitFullscreen();
  // Refused on some phones: the picture then simply stays as it is.
  else picture?.requestFullscreen().catch(() => {});
};

/** Above the mixed picture: which view it is, and what can be done with it. */
export const MixBar = ({ mix }: { mix: MixView }): JSX.Element => {
  const { controls } = useApp();
  const count = useAppState((state) => peopleIn(state, mix.label));
  const moderate = useAppState((state) => state.self?.permission.moderate ?? false);
  const publishes = useAppState((state) => state.self?.permission.publishVideo ?? false);
  const selfView = useAppState((state) => state.selfView);
  return (
    <div class="mix-bar">
      <ViewName mix={mix} />
      <span class="mix-count" title={`${String(count)} in the mix`}>
        <Icon name="people" size={16} />
        <span aria-label={`${String(count)} in the mix`}>{count}</span>
      </span>
      <span class="mix-tools">
        {publishes && (
          <IconButton
            icon="self-view"
            size="small"
            label={selfView ? 'Hide my own picture' : 'Show my own picture'}
            pressed={selfView}
            tone={selfView ? 'active' : 'plain'}
            onClick={() => {
              controls.mixing.setSelfView(!selfView);
            }}
          />
        )}
        {moderate && <LayoutMenu mix={mix} />}
        {mix.video !== null && document.fullscreenEnabled && (
          <IconButton
            icon="expand"
            size="small"
            label="Full screen"
            onClick={() => {
              toggleFullscreen(mix.label);
            }}
          />
        )}
      </span>
    </div>
  );
};
