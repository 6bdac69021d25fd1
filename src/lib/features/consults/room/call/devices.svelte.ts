export type DeviceKind = 'audioinput' | 'videoinput' | 'audiooutput';

export interface Device {
  id: string;
  label: string;
}

const noiseKey = 'consilium.noise';
const storageKey = (kind: DeviceKind) => `consilium.device.${kind}`;

/** The devices of this browser and which are chosen. Choices are kept here by device id only. */
export class Devices {
  cameras = $state.raw<readonly Device[]>([]);
  microphones = $state.raw<readonly Device[]>([]);
  speakers = $state.raw<readonly Device[]>([]);
  quietens = $state(true);
  #chosen = $state<Record<DeviceKind, string | null>>({
    audioinput: null,
    videoinput: null,
    audiooutput: null
  });
  #stop: (() => void) | null = null;

  /** Reads what is remembered and follows plugging in and out. Browser only. */
  start(): void {
    for (const kind of ['audioinput', 'videoinput', 'audiooutput'] as const)
      this.#chosen[kind] = remembered(kind);
    this.quietens = keptAt(noiseKey) !== 'off';
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (!media || this.#stop) return;
    const refresh = () => void this.refresh();
    media.addEventListener('devicechange', refresh);
    this.#stop = () => media.removeEventListener('devicechange', refresh);
    refresh();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  /** [CALL-32] Whether the browser takes noise out of what the microphone hears. */
  setQuietens(on: boolean): void {
    this.quietens = on;
    try {
      localStorage.setItem(noiseKey, on ? 'on' : 'off');
    } catch {
      // Private mode or a full store: for this visit only.
    }
  }

  /** Labels are empty until the person has allowed a device once; call again then. */
  async refresh(): Promise<void> {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (!media) return;
    const all = await media.enumerateDevices();
    const of = (kind: DeviceKind) =>
      all
        .filter((device) => device.kind === kind && device.deviceId !== '')
        .map((device) => ({ id: device.deviceId, label: device.label }));
    this.cameras = of('videoinput');
    this.microphones = of('audioinput');
    this.speakers = of('audiooutput');
  }

  /** The chosen device where it is still there, else null: the browser's default. */
  chosen(kind: DeviceKind): string | null {
    const id = this.#chosen[kind];
    const list =
      kind === 'videoinput' ? this.cameras : kind === 'audioinput' ? this.microphones : this.speakers;
    // An empty list means: not known yet. `ideal` below then takes the default where it is gone.
    return id !== null && (list.length === 0 || list.some((device) => device.id === id)) ? id : null;
  }

  choose(kind: DeviceKind, id: string): void {
    this.#chosen[kind] = id;
    try {
      localStorage.setItem(storageKey(kind), id);
    } catch {
      // Private mode or a full store: chosen for this visit only.
    }
  }
}

const remembered = (kind: DeviceKind): string | null => keptAt(storageKey(kind));

function keptAt(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
