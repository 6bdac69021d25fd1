/** What a person recognises a browser by. */
export interface Device {
  browser: string;
  system: string;
  phone: boolean;
}

const browsers: [RegExp, string][] = [
  [/MicroMessenger/, 'WeChat'],
  [/Edg(e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\/|FxiOS/, 'Firefox'],
  [/QQBrowser/, 'QQ'],
  [/Chrome\/|CriOS/, 'Chrome'],
  [/Safari\//, 'Safari']
];
const systems: [RegExp, string][] = [
  [/HarmonyOS|OpenHarmony/, 'HarmonyOS'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux|X11/, 'Linux']
];

/** Browser and system as a User-Agent header names them; empty where it names none. */
export function deviceOf(userAgent: string): Device {
  const first = (list: [RegExp, string][]) => list.find(([sign]) => sign.test(userAgent))?.[1] ?? '';
  return {
    browser: first(browsers),
    system: first(systems),
    phone: /Mobile|iPhone|Android(?!.*Tablet)/.test(userAgent)
  };
}

/** How far away an address is: no outside service is asked where it lies. */
export function placeOfAddress(address: string): 'this-machine' | 'local-network' | 'internet' | 'unknown' {
  const plain = address.replace(/^::ffff:/i, '');
  if (plain === '::1' || plain.startsWith('127.')) return 'this-machine';
  if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(plain)) return 'local-network';
  if (/^(f[cd]|fe80:)/i.test(plain) && plain.includes(':')) return 'local-network';
  return /^[\d.]+$/.test(plain) || plain.includes(':') ? 'internet' : 'unknown';
}
