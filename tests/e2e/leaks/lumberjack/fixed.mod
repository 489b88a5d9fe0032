module holdfast.test/leaks/lumberjack

go 1.24.0

require gopkg.in/natefinch/lumberjack.v2 v2.2.1

require github.com/klauspost/compress v1.18.7 // indirect

replace gopkg.in/natefinch/lumberjack.v2 => github.com/DeRuina/timberjack v1.4.10
