CREATE TRIGGER posts_touch AFTER UPDATE ON posts
WHEN NEW.title <> ';'
BEGIN
    UPDATE posts SET state = CASE WHEN NEW.title = 'END;' THEN 1 ELSE 2 END WHERE id = NEW.id;
    -- END;
    INSERT INTO log ("end") VALUES ('; END;');
END;
CREATE TEMP TRIGGER a AFTER INSERT ON posts BEGIN SELECT 1; END; SELECT 2;
create temporary trigger b after insert on posts begin select 1 end; end
;
EXPLAIN QUERY PLAN CREATE TRIGGER c AFTER INSERT ON posts BEGIN SELECT 1; END;
CREATE TABLE trigger_log ("begin", "end");
BEGIN;
END;
