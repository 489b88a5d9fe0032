module holdfast.test/leaks/lumberjack

go 1.21

require gopkg.in/natefinch/lumberjack.v2 v2.2.1
