import type { JSX } from 'preact';
import { useApp, useAppState, useDispatch, useLocal } from '../ui/context.ts';
import { IconButton } from '../ui/button.tsx';
import { isActive } from '../media/local-media.ts';
import type { CaptureSource } from '../media/problems.ts';
import { mixOf } from '../state/mix-selectors.ts';
import type { Panel } from '../state/types.ts';
import { CallInfo } from './call-info.tsx';

const canShareScreen = (): boolean =>
  'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices;

const labels: Record<CaptureSource, [on: string, off: string, shortcut: string]> = {
  mic: ['Mute microphone', 'Unmute microphone', 'M'],
  camera: ['Turn camera off', 'Turn camera on', 'V'],
};

const DeviceButton = ({ source }: { source: CaptureSource }): JSX.Element => {
  const { controls } = useApp();
  const active = isActive(useLocal(), source);
  const [on, off, shortcut] = labels[source];
  return (
    <IconButton
      icon={active ? source : `${source}-off`}
      label={active ? on : off}
      shortcut={shortcut}
      tone={active ? 'plain' : 'off'}
      onClick={() => {
        controls.toggle(source);
      }}
    />
  );
};

const ScreenButton = (): JSX.Element => {
  const { controls } = useApp();
  const sharing = useAppState((state) => state.sharing);
  const on = sharing === 'on';
  return (
    <IconButton
      icon={on ? 'screen-off' : 'screen'}
      label={on ? 'Stop sharing' : 'Share screen'}
      tone={on ? 'active' : 'plain'}
      pressed={on}
      disabled={sharing === 'starting'}
      onClick={controls.toggleScreen}
    />
  );
};

/** Only what the role may use is there. */
const MediaButtons = (): JSX.Element => {
  const permission = useAppState((state) => state.self?.permission);
  return (
    <>
      {permission?.publishAudio && <DeviceButton source="mic" />}
      {permission?.publishVideo && <DeviceButton source="camera" />}
      {permission?.publishVideo && canShareScreen() && <ScreenButton />}
    </>
  );
};

/** There where the room mixes something. */
const StageButton = (): JSX.Element | null => {
  const { controls } = useApp();
  const hasMix = useAppState((state) => mixOf(state) !== null);
  const stage = useAppState((state) => state.stage);
  if (!hasMix) return null;
  return (
    <IconButton
      icon={stage === 'mixed' ? 'grid' : 'mix'}
      label={stage === 'mixed' ? 'Grid view' : 'Mixed view'}
      shortcut="G"
      onClick={() => {
        controls.mixing.setStage(stage === 'mixed' ? 'grid' : 'mixed');
      }}
    />
  );
};

const PanelButtons = (): JSX.Element => {
  const dispatch = useDispatch();
  const panel = useAppState((state) => state.panel);
  const unread = useAppState((state) => state.unread);
  const toggle = (name: Panel): void => {
    dispatch({ type: 'panel', panel: panel === name ? null : name });
  };
  return (
    <>
      <StageButton />
      <IconButton
        icon="people"
        label="People"
        shortcut="P"
        tone={panel === 'people' ? 'active' : 'plain'}
        expanded={panel === 'people'}
        onClick={() => {
          toggle('people');
        }}
      />
      <IconButton
        icon="chat"
        label="Chat"
        shortcut="C"
        tone={panel === 'chat' ? 'active' : 'plain'}
        expanded={panel === 'chat'}
        badge={unread}
        onClick={() => {
          toggle('chat');
        }}
      />
      <IconButton
        icon="settings"
        label="Devices"
        onClick={() => {
          dispatch({ type: 'settings', open: true });
        }}
      />
    </>
  );
};

export const ControlBar = (): JSX.Element => {
  const { controls } = useApp();
  return (
    <div class="bar" role="toolbar" aria-label="Call controls">
      <div class="bar-info">
        <CallInfo />
      </div>
      <div class="bar-media">
        <MediaButtons />
        <IconButton
          icon="leave"
          label="Leave call"
          tone="danger"
          place="leave"
          onClick={() => void controls.leave()}
        />
      </div>
      <div class="bar-panels">
        <PanelButtons />
      </div>
    </div>
  );
};
