const CHUNK = 0x2000;

/** RFC 4648 with padding. */
export function bytesToBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

/** As Node reads it: up to the first padding, both alphabets, whatever else stands between left out. */
export function base64ToBytes(text: string): Uint8Array {
  const [head = ''] = text.split('=');
  const digits = head
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replaceAll(/[^A-Za-z0-9+/]/g, '');
  const whole = digits.length % 4 === 1 ? digits.slice(0, -1) : digits;
  return Uint8Array.from(atob(whole), (sign) => sign.charCodeAt(0));
}
