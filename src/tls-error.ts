/**
 * Codes by which Node.js tells that a certificate was refused (the names of X509 verification results,
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes), that a handshake failed, or that key material is unfit.
 */
const tlsCode =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$|HANDSHAKE_(?:NO_SSL_SUPPORT|SSL_ERROR)$|UNABLE_TO_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_|HOSTNAME_MISMATCH$|ERROR_IN_C)/u;

/** Whether TLS itself failed, rather than the network below or the login above: the error, or one behind it, has such a code. */
export function isTlsError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return (typeof code === 'string' && tlsCode.test(code)) || isTlsError(error.cause);
}
