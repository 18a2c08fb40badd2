import type { JSX } from 'preact';
import { mixingOf } from '../state/mix-selectors.ts';
import type { MixStatus } from '../state/mix-selectors.ts';
import type { MixView } from '../state/types.ts';
import { Button } from '../ui/button.tsx';
import { useApp, useAppState } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';

const Starting = (): JSX.Element => (
  <div class="mix-notice" role="status">
    <span class="spinner" aria-hidden="true" />
    <p>The mixed view is starting…</p>
  </div>
);

/** The picture that was there last stays under it. */
const Restoring = (): JSX.Element => (
  <div class="mix-notice small" role="status">
    <span class="spinner" aria-hidden="true" />
    <p>Reconnecting…</p>
  </div>
);

const Empty = (): JSX.Element => {
  const { controls } = useApp();
  const me = useAppState((state) => state.self?.id ?? '');
  const canJoin = useAppState((state) => mixingOf(state, me)?.mixed === false);
  return (
    <div class="mix-notice" role="status">
      <Icon name="mix" size={36} />
      <p>Nobody is in the mixed view yet</p>
      <small>It shows whoever is put into it, side by side in one picture.</small>
      {canJoin && (
        <Button
          kind="primary"
          onClick={() => {
            controls.mixing.setMixed(me, true);
          }}
        >
          Show me in the mix
        </Button>
      )}
    </div>
  );
};

const Failed = ({ problem }: { problem: string | null }): JSX.Element => {
  const { controls } = useApp();
  return (
    <div class="mix-notice" role="alert">
      <Icon name="warning" size={36} />
      <p>The mixed view is not available</p>
      <small>{problem}</small>
      <div class="mix-notice-actions">
        <Button onClick={controls.mixing.retry}>Try again</Button>
        <Button
          kind="primary"
          onClick={() => {
            controls.mixing.setStage('grid');
          }}
        >
          Back to the grid
        </Button>
      </div>
    </div>
  );
};

/** What there is to say instead of a picture, or over it. */
export const MixNotice = ({ mix, status }: { mix: MixView; status: MixStatus }): JSX.Element | null => {
  switch (status) {
    case 'starting':
      return <Starting />;
    case 'restoring':
      return <Restoring />;
    case 'empty':
      return <Empty />;
    case 'failed':
      return <Failed problem={mix.problem} />;
    case 'live':
      return null;
  }
};
