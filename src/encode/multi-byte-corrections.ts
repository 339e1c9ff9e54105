/**
 * Where iconv-lite decodes a sequence otherwise than the server itself (MySQL 9.7): runs of first sequence, first code point
 * and length, in hex. Mostly the ranges for user-defined characters, which the server maps to the private use area.
 */
export const multiByteCorrections: Readonly<Record<string, string>> = {
  big5:
    'a145 2022,a14e ff64,a1c2 203e,a1e3 223c,a1f2 2641,a1f3 2609,a241 ff0f,a242 ff3c,a244 a5,' +
    'a246 a2 2,c6a1 30fe,c6a2 309d 2,c6a4 3005,c6a5 3041 53,c6f8 30a1 7,c740 30a8 3f,c7a1 30e7 10,' +
    'c7b1 414 2,c7b3 401,c7b4 416 7,c7bb 423 13,c7ce 451,c7cf 436 1a,c7e9 2460 a,c7f3 2474 a',
  gb2312: 'a1a4 30fb,a1aa 2015',
  sjis: '815f 5c,8160 301c,8161 2016,817c 2212,8191 a2 2,81ca ac',
  cp932: 'f941 e69d 3e,f980 e6db 7d',
  ujis:
    'a1c0 5c,a1c1 301c,a1c2 2016,a1dd 2212,a1f1 a2 2,a2cc ac,f5a1 e000 5e,f6a1 e05e 5e,f7a1 e0bc 5e,' +
    'f8a1 e11a 5e,f9a1 e178 5e,faa1 e1d6 5e,fba1 e234 5e,fca1 e292 5e,fda1 e2f0 5e,fea1 e34e 5e,' +
    '8fa2b7 7e,8ff5a1 e3ac 5e,8ff6a1 e40a 5e,8ff7a1 e468 5e,8ff8a1 e4c6 5e,8ff9a1 e524 5e,' +
    '8ffaa1 e582 5e,8ffba1 e5e0 5e,8ffca1 e63e 5e,8ffda1 e69c 5e,8ffea1 e6fa 5e',
  eucjpms:
    'f5a1 e000 5e,f6a1 e05e 5e,f7a1 e0bc 5e,f8a1 e11a 5e,f9a1 e178 5e,faa1 e1d6 5e,fba1 e234 5e,' +
    'fca1 e292 5e,fda1 e2f0 5e,fea1 e34e 5e,8fa2c3 ffe4,8ff3f3 2170 a,8ff3fd 2160 2,8ff4a1 2162 8,' +
    '8ff4a9 ff07,8ff4aa ff02,8ff4ab 3231,8ff4ac 2116,8ff4ad 2121,8ff4ae 70bb,8ff4af 4efc,' +
    '8ff4b0 50f4,8ff4b1 51ec,8ff4b2 5307,8ff4b3 5324,8ff4b4 fa0e,8ff4b5 548a,8ff4b6 5759,' +
    '8ff4b7 fa0f 2,8ff4b9 589e,8ff4ba 5bec,8ff4bb 5cf5,8ff4bc 5d53,8ff4bd fa11,8ff4be 5fb7,' +
    '8ff4bf 6085,8ff4c0 6120,8ff4c1 654e,8ff4c2 663b,8ff4c3 6665,8ff4c4 fa12,8ff4c5 f929,' +
    '8ff4c6 6801,8ff4c7 fa13 2,8ff4c9 6a6b,8ff4ca 6ae2,8ff4cb 6df8,8ff4cc 6df2,8ff4cd 7028,' +
    '8ff4ce fa15 2,8ff4d0 7501,8ff4d1 7682,8ff4d2 769e,8ff4d3 fa17,8ff4d4 7930,8ff4d5 fa18 4,' +
    '8ff4d9 7ae7,8ff4da fa1c 2,8ff4dc 7da0,8ff4dd 7dd6,8ff4de fa1e,8ff4df 8362,8ff4e0 fa1f,' +
    '8ff4e1 85b0,8ff4e2 fa20 2,8ff4e4 8807,8ff4e5 fa22,8ff4e6 8b7f,8ff4e7 8cf4,8ff4e8 8d76,' +
    '8ff4e9 fa23 3,8ff4ec 90de,8ff4ed fa26,8ff4ee 9115,8ff4ef fa27 2,8ff4f1 9592,8ff4f2 f9dc,' +
    '8ff4f3 fa29,8ff4f4 973b,8ff4f5 974d,8ff4f6 9751,8ff4f7 fa2a 3,8ff4fa 999e,8ff4fb 9ad9,' +
    '8ff4fc 9b72,8ff4fd fa2d,8ff4fe 9ed1,8ff5a1 e3ac 5e,8ff6a1 e40a 5e,8ff7a1 e468 5e,' +
    '8ff8a1 e4c6 5e,8ff9a1 e524 5e,8ffaa1 e582 5e,8ffba1 e5e0 5e,8ffca1 e63e 5e,8ffda1 e69c 5e,' +
    '8ffea1 e6fa 5e',
};
