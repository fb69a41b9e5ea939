/** Status codes of the closing handshake (RFC 6455 section 7.4.1 and its IANA registry). */
export const StatusCode = {
  NormalClosure: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** Never on the wire: the Close frame had no status code. */
  NoStatusReceived: 1005,
  /** Never on the wire: the connection ended without a Close frame. */
  AbnormalClosure: 1006,
  InvalidPayloadData: 1007,
  PolicyViolation: 1008,
  MessageTooBig: 1009,
  MandatoryExtension: 1010,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
  BadGateway: 1014,
  /** Never on the wire: the TLS handshake failed. */
  TlsHandshake: 1015,
} as const;
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];

/**
 * Tells whether a Close frame may contain a status code (RFC 6455 section 7.4): 1000-1003 and
 * 1007-1014 are registered, 3000-4999 are for libraries and applications. 1004 is reserved. 1005,
 * 1006 and 1015 must never be sent.
 */
export function isSendableStatusCode(statusCode: number): boolean {
  return (
    (statusCode >= 1000 && statusCode <= 1003) ||
    (statusCode >= 1007 && statusCode <= 1014) ||
    (statusCode >= 3000 && statusCode <= 4999)
  );
}
